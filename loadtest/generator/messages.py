"""What generators and their coordinator say to each other: one line of JSON each.

The coordinator says an order, then `GO`, and closes the line when it wants no more. A generator says that it is ready,
how it goes, the answers of its sample, and in the end what it saw; or that it failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.line import is_loopback
from eligibility_api.contract.tokens import Credential
from loadtest.dataset.bulk_population import BulkPartition
from loadtest.dataset.cards import Card
from loadtest.dataset.keys import read_key, write_key
from loadtest.dataset.terminals import Terminal
from loadtest.dataset.visitors import Visitors
from loadtest.generator.client_faults import Disturbance
from loadtest.model.events import Membership
from loadtest.scenario.answer_sample import Kept
from loadtest.scenario.plan import Plan

GO = b"go\n"

LINE_LIMIT = 1 << 30
"""The longest line, in bytes: an order holds a nation."""


class Said(BaseModel):
    """A line. It may hold keys: none is shown in an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    def line(self) -> bytes:
        """The bytes to send."""
        return self.model_dump_json().encode() + b"\n"


class TerminalSaid(Said):
    """An admitted terminal."""

    credential: Credential
    kind: FacilityKind
    weight: float


class CardSaid(Said):
    """A card; `key` is the place of its key among the order's."""

    resident_id: str
    certificate: bytes = Field(repr=False)
    key: int


class Order(Said):
    """What one generator has to do."""

    fund_url: AnyHttpUrl
    plan: Plan
    terminals: Sequence[TerminalSaid]
    keys: Sequence[bytes] = Field(repr=False, description="Of cards: PEM, PKCS #8.")
    cards: Sequence[CardSaid]
    memberships: Sequence[Membership]
    bulk: BulkPartition | None = None
    disturbances: Sequence[Disturbance] = ()

    @model_validator(mode="after")
    def _on_this_machine(self) -> Order:
        if not is_loopback(self.fund_url):
            raise ValueError("load goes to loopback addresses only")
        return self

    @classmethod
    def of(cls, fund_url: str, plan: Plan, visitors: Visitors, disturbances: Sequence[Disturbance]) -> Order:
        """The order to drive a plan with some visitors."""
        keys = {card.key_number: card.key for card in visitors.cards}
        places = {number: place for place, number in enumerate(keys)}
        return cls(
            fund_url=AnyHttpUrl(fund_url),
            plan=plan,
            terminals=[
                TerminalSaid(credential=one.credential, kind=one.kind, weight=one.weight)
                for one in visitors.terminals
            ],
            keys=list(map(write_key, keys.values())),
            cards=[
                CardSaid(
                    resident_id=card.resident_id, certificate=card.certificate, key=places[card.key_number]
                )
                for card in visitors.cards
            ],
            memberships=list(visitors.memberships),
            bulk=visitors.bulk,
            disturbances=list(disturbances),
        )

    def visitors(self) -> Visitors:
        """Whom the order is about, none of them signed in."""
        keys = list(map(read_key, self.keys))
        return Visitors(
            [Terminal(one.credential, one.kind, one.weight) for one in self.terminals],
            [Card(one.resident_id, one.certificate, keys[one.key], one.key) for one in self.cards],
            list(self.memberships),
            self.bulk,
        )


class Ready(Said):
    """Everything is there, and every terminal has its token."""

    said: Literal["ready"] = "ready"


class Progress(Said):
    """How it goes, once a second: everything so far, and the process's own processor time and memory."""

    said: Literal["progress"] = "progress"
    seconds: float
    offered: int
    answered: int
    errors: int
    p99_ms: float
    cpu_seconds: float
    memory_mib: float


class Answers(Said):
    """Some of the sample."""

    said: Literal["answers"] = "answers"
    kept: Sequence[Kept]


class Effort(Said):
    """What the driving took of a generator: seconds of the clock and of a processor, and connections at a time."""

    seconds: float
    cpu_seconds: float
    memory_mib: float
    connections: int

    @property
    def cores(self) -> float:
        """How many cores it kept busy: one is all that it can."""
        return self.cpu_seconds / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, float]:
        """For a report."""
        memory = round(self.memory_mib, 1)
        return {"cores": round(self.cores, 2), "memory_mib": memory, "connections": self.connections}


class Done(Said):
    """The last answer came. `seen` is `Seen.as_message`."""

    said: Literal["done"] = "done"
    seen: dict[str, Any]
    effort: Effort


class Failed(Said):
    """It could not be done; the text is for the engineer."""

    said: Literal["failed"] = "failed"
    why: str


Word = Ready | Progress | Answers | Done | Failed

_WORD: TypeAdapter[Word] = TypeAdapter(Annotated[Word, Field(discriminator="said")])


def read_word(line: bytes) -> Word:
    """What a generator said. Raises pydantic.ValidationError."""
    return _WORD.validate_json(line)
