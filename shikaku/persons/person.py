"""The data of a test person: identity, card, enrolments, changes, and questions with expected answers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

When = Literal["before", "after"]
"""Before the person's changes, or after them."""

INSTITUTIONS = {
    "here": {"institution_code": "1311111114", "institution_name": "架空診療所"},
    "elsewhere": {"institution_code": "0110113719", "institution_name": "見本診療所"},
}
"""The asking clinic, and another one that holds a ticket."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _WithItems(BaseModel):
    """Any further keys are items of a member, under their names in the contract."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @property
    def items(self) -> dict[str, Any]:
        """The items given in the data."""
        return dict(self.model_extra or {})


class Insurer(_Strict):
    """An insurer. `symbol`: the default of its members; None: it uses neither symbols nor branches."""

    number: str
    name: str
    symbol: str | None = None


class Ticket(_Strict):
    """A medical-aid ticket (医療券) for the asking clinic or another one. `late`: registered with the changes."""

    institution: Literal["here", "elsewhere"]
    month: str
    valid_from: str
    valid_to: str
    issue_number: str
    treatment: str
    single_or_combined: str
    self_pay: int | None = None
    late: bool = False

    def as_answer(self) -> dict[str, Any]:
        """The ticket as it is in an answer."""
        return {
            "ticket_type": "01",
            **INSTITUTIONS[self.institution],
            **self.model_dump(exclude={"institution", "late"}),
        }


class EnrolmentData(_WithItems):
    """One enrolment: its insurer, and items that are not the default. `late`: registered with the changes."""

    insurer: str
    late: bool = False
    tickets: tuple[Ticket, ...] = ()


class Change(_WithItems):
    """A later change of the enrolment `of` (from 1), of the card, or of the person."""

    kind: Literal["end", "correct", "confirm", "suspend", "revoke", "renew", "lock", "die"]
    of: int = 1


class Card(_Strict):
    """The card's properties. `registered`: its first registration (初回登録) is made at the start.

    `registered_on`: it was made elsewhere on that day, when the certificate was valid, and is taken over (rule B3).
    """

    registered: bool = True
    no_pin: bool = False
    carrier: Literal["card", "android"] = "card"
    key: Literal["rsa", "p384"] = "rsa"
    issued_on: str | None = None
    registered_on: str | None = None


class ExpectedResult(_Strict):
    """One expected result: the enrolment `of` (from 1), and what the rules add to it or leave out.

    `elderly`: whether the elderly certificate is shown, where a ratio is expected. `ended_by_law_on`: the day on
    which cover ends by law, even if the insurer did not register it. `tickets`: the positions (from 1) of the
    tickets in the result.
    """

    of: int
    burden_expected: bool = False
    preschool: bool = False
    address: bool = True
    limit: bool = False
    elderly: bool = True
    tickets: tuple[int, ...] = ()
    ended_by_law_on: str | None = None


class Renewal(_Strict):
    """The expected remark on a certificate that expires soon, or has expired."""

    status: Literal["expiring", "grace"]
    expires_on: str
    renew_by: str


class Question(_Strict):
    """A question and its complete expected answer: a validity with results, or a problem.

    A look-up by number uses the numbers of the enrolment `of`, overridden by those given here (empty: left
    out). `as_of`: valid time, the day of the run if None. `known`: transaction time, before the changes.
    `agrees`: the patient agrees to the first registration at this tap. `note`: what is special, in Japanese and in
    English.
    """

    by: Literal["card", "visual-check", "number"]
    when: When = "after"
    as_of: str | None = None
    card: Literal["newest", "old"] = "newest"
    of: int = 1
    insurer_number: str | None = None
    symbol: str | None = None
    number: str | None = None
    branch: str | None = None
    birth_date: str | None = None
    limit: bool = False
    agrees: bool = False
    known: Literal["before"] | None = None
    validity: str | None = None
    results: tuple[int | ExpectedResult, ...] = ()
    problem: str | None = None
    renewal: Renewal | None = None
    note: tuple[str, str] | None = None

    @property
    def expected_results(self) -> list[ExpectedResult]:
        """The results, with a bare number expanded to its enrolment without anything special."""
        return [ExpectedResult(of=one) if isinstance(one, int) else one for one in self.results]

    @property
    def numbers(self) -> dict[str, str | None]:
        """The numbers that override the enrolment's own."""
        names = ("insurer_number", "symbol", "number", "branch", "birth_date")
        given = {name: getattr(self, name) for name in names}
        return {name: value or None for name, value in given.items() if value is not None}


class Medicine(_Strict):
    """A medicine: its code in the invented drug master, its 診療識別, and days or doses."""

    drug: str
    act: str
    times: int


class Prescribed(Medicine):
    """A prescription of another clinic, recorded there; `on`: its day."""

    on: str


class Check(Medicine):
    """A check of duplicate medication before this medicine is prescribed today, and the expected fact (rules M1 to M4)."""

    duplicate: bool


class Act(_Strict):
    """An act of a claim: 診療識別, and the invented code."""

    kind: str
    code: str


class ClaimData(_Strict):
    """A claim of the asking clinic: a day of the month before the last one, with an oral medicine if `drug` is given."""

    day: int = Field(ge=1, le=28)
    diseases: tuple[str, ...]
    acts: tuple[Act, ...] = ()
    drug: str | None = None
    times: int = 1


class ExpectedHistory(_Strict):
    """What a history shows under its consent: kinds of treatments (`TreatmentKind`) or drugs, in any order, and no more."""

    resource: Literal["medications", "treatments", "surgeries", "diagnoses"]
    kinds: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()


class Person(_Strict):
    """One test person. `purpose`: what the person demonstrates, in Japanese and in English.

    `history`: until when such a person was possible, in both languages; None: possible today.
    """

    id: str
    purpose: tuple[str, str]
    history: tuple[str, str] | None = None
    name: str
    kana: str
    sex: Literal["1", "2"]
    birth_date: str
    card: Card = Field(default_factory=Card)
    enrolments: tuple[EnrolmentData, ...]
    changes: tuple[Change, ...] = ()
    questions: tuple[Question, ...]
    prescriptions: tuple[Prescribed, ...] = ()
    claims: tuple[ClaimData, ...] = ()
    checks: tuple[Check, ...] = ()
    histories: tuple[ExpectedHistory, ...] = ()
    paper: str | None = None
    """Why the insurer gives her a 資格確認書 (`PaperReason`), or `notice`: she gets a notice; None: not shown here."""

    @property
    def label(self) -> str:
        """The id's first part, such as P01."""
        return self.id.split("-", maxsplit=1)[0]

    @property
    def number(self) -> int:
        """The number in the id."""
        return int(self.label[1:])

    @property
    def has_card(self) -> bool:
        """Whether the person has a card: any question is asked with one."""
        return any(question.by != "number" for question in self.questions)

    @property
    def card_file(self) -> str:
        """The file name of the card."""
        return f"{self.id}.json"

    @property
    def lost_file(self) -> str:
        """The file name of the card that is reported lost: the card itself, of a phone's holder."""
        return f"{self.id}-card.json" if self.card.carrier == "android" else self.card_file

    def resident(self) -> dict[str, Any]:
        """The person's line in a residents file."""
        return {
            "resident_id": self.id,
            "name": self.name,
            "name_kana": self.kana,
            "birth_date": self.birth_date,
            "sex": self.sex,
            "postal_code": "000-0000",
            "address": f"架空県見本市試験町{self.number}番地",
        }
