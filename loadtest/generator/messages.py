"""The work of a generator, the answers of its sample, and its result: one line of JSON each.

An assignment contains the keys of terminals and cards, and is never written to disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, model_validator

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.tokens import Credential
from eligibility_api.contract.transport import is_loopback
from loadtest.dataset.bulk_population import BulkPartition
from loadtest.dataset.cards import Card
from loadtest.dataset.keys import read_key, write_key
from loadtest.dataset.terminals import Terminal
from loadtest.dataset.visitors import Visitors
from loadtest.generator.client_faults import ClientFault
from loadtest.model.events import Membership
from loadtest.scenario.answer_sample import SampledAnswer
from loadtest.scenario.plan import Plan


class Message(BaseModel):
    """One line. It may contain keys: validation errors show none."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    def to_line(self) -> bytes:
        """The bytes to send."""
        return self.model_dump_json().encode() + b"\n"


class TerminalMessage(Message):
    """An admitted terminal."""

    credential: Credential
    kind: FacilityKind
    weight: float


class CardMessage(Message):
    """A card. `key`: index of its key among the assignment's."""

    resident_id: str
    certificate: bytes = Field(repr=False)
    key: int


class Assignment(Message):
    """The work of one generator."""

    fund_url: AnyHttpUrl
    plan: Plan
    terminals: Sequence[TerminalMessage]
    keys: Sequence[bytes] = Field(repr=False, description="Of cards: PEM, PKCS #8.")
    cards: Sequence[CardMessage]
    memberships: Sequence[Membership]
    bulk: BulkPartition | None = None
    client_faults: Sequence[ClientFault] = ()

    @model_validator(mode="after")
    def _on_this_machine(self) -> Assignment:
        if not is_loopback(self.fund_url):
            raise ValueError("load goes to loopback addresses only")
        return self

    @classmethod
    def of(
        cls, fund_url: str, plan: Plan, visitors: Visitors, client_faults: Sequence[ClientFault]
    ) -> Assignment:
        """The assignment to run a plan with some visitors."""
        keys = {card.key_number: card.key for card in visitors.cards}
        places = {number: place for place, number in enumerate(keys)}
        return cls(
            fund_url=AnyHttpUrl(fund_url),
            plan=plan,
            terminals=[
                TerminalMessage(credential=one.credential, kind=one.kind, weight=one.weight)
                for one in visitors.terminals
            ],
            keys=list(map(write_key, keys.values())),
            cards=[
                CardMessage(
                    resident_id=card.resident_id, certificate=card.certificate, key=places[card.key_number]
                )
                for card in visitors.cards
            ],
            memberships=list(visitors.memberships),
            bulk=visitors.bulk,
            client_faults=list(client_faults),
        )

    def visitors(self) -> Visitors:
        """The visitors, none of them signed in."""
        keys = list(map(read_key, self.keys))
        return Visitors(
            [Terminal(one.credential, one.kind, one.weight) for one in self.terminals],
            [Card(one.resident_id, one.certificate, keys[one.key], one.key) for one in self.cards],
            list(self.memberships),
            self.bulk,
        )


class Answers(Message):
    """Some answers of the sample."""

    type: Literal["answers"] = "answers"
    sampled: Sequence[SampledAnswer]


class GeneratorUsage(Message):
    """The resources that a generator used.

    Seconds of the clock and of a processor, memory, and peak connections.
    """

    seconds: float
    cpu_seconds: float
    memory_mib: float
    connections: int

    @property
    def cores(self) -> float:
        """Number of cores that it kept busy, at most one."""
        return self.cpu_seconds / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, float]:
        """For a report."""
        memory = round(self.memory_mib, 1)
        return {"cores": round(self.cores, 2), "memory_mib": memory, "connections": self.connections}


class Done(Message):
    """What a generator measured in its schedule, to the last answer. `stats`: `RunStats.to_message`."""

    type: Literal["done"] = "done"
    stats: dict[str, Any]
    usage: GeneratorUsage
