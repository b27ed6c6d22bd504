"""A test person as the data has her: who she is, how she is enrolled, what happens, how to ask, what is answered."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

When = Literal["before", "after"]
"""Before the changes of the person's story, or after them."""

INSTITUTIONS = {
    "here": {"institution_code": "1311111114", "institution_name": "架空診療所"},
    "elsewhere": {"institution_code": "0110113719", "institution_name": "見本診療所"},
}
"""The clinic that asks, and another one that has a ticket."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _WithItems(BaseModel):
    """What is beside the named fields are items of a member, by their names in the contract."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @property
    def items(self) -> dict[str, Any]:
        """The items given here."""
        return dict(self.model_extra or {})


class Insurer(_Part):
    """Who enrols. `symbol`: what members' certificates show unless they say otherwise; None: it has none, nor branches."""

    number: str
    name: str
    symbol: str | None = None


class Ticket(_Part):
    """A ticket of medical aid (医療券) for the clinic that asks, or for another one."""

    institution: Literal["here", "elsewhere"]
    month: str
    valid_from: str
    valid_to: str
    issue_number: str
    treatment: str
    single_or_combined: str
    self_pay: int | None = None

    def said(self) -> dict[str, Any]:
        """The ticket as an answer shows it."""
        return {
            "ticket_type": "01",
            **INSTITUTIONS[self.institution],
            **self.model_dump(exclude={"institution"}),
        }


class Enrolled(_WithItems):
    """One enrolment: by which insurer, with which items beyond the usual ones. `late`: told after the changes only."""

    insurer: str
    late: bool = False
    tickets: tuple[Ticket, ...] = ()


class Change(_WithItems):
    """What happens later: to the enrolment `of` (from 1), to the card, or to herself."""

    kind: Literal["end", "correct", "confirm", "suspend", "revoke", "renew", "lock", "die"]
    of: int = 1


class Card(_Part):
    """How the card is made. `registered`: its first registration (初回登録) was taken at the start."""

    registered: bool = True
    no_pin: bool = False
    carrier: Literal["card", "android"] = "card"
    key: Literal["rsa", "p384"] = "rsa"
    issued_on: str | None = None


class Shown(_Part):
    """One result that is expected: the enrolment `of` (from 1) with its own items, and what the rules make of it.

    `ended_by_law_on`: the day on which cover ends whatever the insurer says. `tickets`: those that are shown (from 1).
    """

    of: int
    burden_expected: bool = False
    preschool: bool = False
    address: bool = True
    limit: bool = False
    tickets: tuple[int, ...] = ()
    ended_by_law_on: str | None = None


class Asked(_Part):
    """A question and its whole answer: a validity with what is shown, or a problem.

    By number it asks with the numbers of the enrolment `of`, changed by what is given here (an empty text: left out).
    `as_of`: the day asked for, the story's day when None. `known`: as the fund knew it before the changes.
    """

    by: Literal["card", "visual-check", "number"]
    when: When = "after"
    as_of: str | None = None
    card: Literal["newest", "old"] = "newest"
    of: int = 1
    symbol: str | None = None
    number: str | None = None
    branch: str | None = None
    birth_date: str | None = None
    limit: bool = False
    known: Literal["before"] | None = None
    validity: str | None = None
    shown: tuple[int | Shown, ...] = ()
    problem: str | None = None
    why: str = ""

    @property
    def results(self) -> list[Shown]:
        """What is shown, each with all that is expected of it."""
        return [Shown(of=one) if isinstance(one, int) else one for one in self.shown]

    @property
    def numbers(self) -> dict[str, str | None]:
        """The numbers that are asked with in the place of the enrolment's own."""
        given = {name: getattr(self, name) for name in ("symbol", "number", "branch", "birth_date")}
        return {name: value or None for name, value in given.items() if value is not None}


class Person(_Part):
    """One test person. `shows`: what she is there for, in Japanese and in English."""

    id: str
    shows: tuple[str, str]
    name: str
    kana: str
    sex: Literal["1", "2"]
    birth_date: str
    card: Card = Field(default_factory=Card)
    enrolled: tuple[Enrolled, ...]
    changes: tuple[Change, ...] = ()
    asked: tuple[Asked, ...]

    @property
    def number(self) -> int:
        """The number in her id."""
        return int(self.id[1:3])

    @property
    def has_card(self) -> bool:
        """Whether she has a card: whoever is asked about by one."""
        return any(asked.by != "number" for asked in self.asked)

    @property
    def card_file(self) -> str:
        """The name of her card's file."""
        return f"{self.id}.json"

    def resident(self) -> dict[str, Any]:
        """Her line in a residents file."""
        return {
            "resident_id": self.id,
            "name": self.name,
            "name_kana": self.kana,
            "birth_date": self.birth_date,
            "sex": self.sex,
            "postal_code": "000-0000",
            "address": f"架空県見本市試験町{self.number}番地",
        }
