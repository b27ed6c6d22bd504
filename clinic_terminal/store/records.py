"""What the store keeps: permits, receptions of bulk requests, requests, and originals of replaced characters."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from eligibility_api.contract.codes import Care, Category, Sex
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.member_items import Enrolment


class Kind(StrEnum):
    """The kinds of entries. Names in the file: none may change its meaning."""

    REQUEST = "request"
    """A request taken from the folder, until its results are written."""
    PERMIT = "permit"
    """A consent or another permit, until its end."""
    RECEPTION = "reception"
    """The reception of a bulk request, as long as the fund keeps its results."""
    VISIT = "visit"
    """Today's visits, until midnight in Japan."""
    ANSWER = "answer"
    """Last answers, for the days of a setting."""
    CHART = "chart"
    """What the clinic's chart has of a person, as long as last answers."""
    ORIGINAL = "original"
    """Characters that the encoding of a result lacks."""


class Record(BaseModel):
    """Base of the records."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )


class StoredMembership(Record):
    """A membership by which a person is found."""

    insurer_number: str
    symbol: str | None = None
    number: str
    branch: str | None = None
    birth_date: date | None = None


class StoredPerson(Record):
    """The person whom a permit is about, as the answer named them."""

    name: str
    name_kana: str | None = None
    birth_date: date
    sex: Sex


class Permit(Record):
    """A registered consent, or a permit without one: what a later request for a history needs.

    `available_until` is None for a consent that lasts until it is withdrawn.
    """

    permit_id: UUID
    care: Care
    categories: tuple[Category, ...]
    given_at: AwareDatetime
    available_from: AwareDatetime | None = None
    available_until: AwareDatetime | None = None
    memberships: tuple[StoredMembership, ...]
    reference_number: str | None = None
    person: StoredPerson

    def is_available(self, at: datetime) -> bool:
        """Whether the permit has not ended at the instant `at`; it may begin later."""
        return self.available_until is None or at < self.available_until


class Way(StrEnum):
    """How a visit's insurance was asked for."""

    CARD = "card"
    """By a card and its PIN."""
    VISUAL = "visual"
    """By a card and a comparison of the face (目視確認)."""
    NUMBER = "number"
    """By the numbers of a certificate, at the desk."""
    SOFTWARE = "software"
    """By the clinic's own software, through folder or web face."""
    ONLINE = "online"
    """By a consent to an online consultation, without the card (再照会)."""


class Chart(Record):
    """What the clinic's chart has of a person: an earlier entitlement, and items that were taken over since.

    `taken_over`: the shown text by label. `day`: of the last item taken over, or of the first visit. `newest`: id of
    the newest visit of the person, and `met_at` when it was: an older one changes nothing in the chart.
    """

    chart_id: str
    day: date
    enrolment: Enrolment
    taken_over: dict[str, str] = {}
    newest: str = ""
    met_at: AwareDatetime | None = None


class Visit(Record):
    """One question about a person's insurance at this terminal: an answer, or the code of why there is none.

    `visit_id`: random; says nothing about the person. `milliseconds`: without waiting for people. `asked` and
    `as_of`: what was asked for by number, to ask again. `chosen`: which of several results goes to the chart.
    `taken_over`: labels of changed items that the chart took over, with its former texts; `kept`: labels of those
    that stay in the chart as they are. `chart`: as it was when the visit began, with which its answer is compared.
    """

    visit_id: str
    at: AwareDatetime
    way: Way
    milliseconds: int | None = None
    as_of: date | None = None
    limit_certificate: bool = False
    asked: StoredMembership | None = None
    answer: EligibilityAnswer | None = None
    code: str | None = None
    operator: str | None = None
    chosen: int | None = None
    taken_over: dict[str, str] = {}
    kept: tuple[str, ...] = ()
    chart: Chart | None = None

    @property
    def enrolment(self) -> Enrolment | None:
        """The result that goes to the chart; None while there is none, or several and none is chosen."""
        results = self.answer.results if self.answer is not None else []
        if len(results) == 1:
            return results[0]
        return results[self.chosen] if self.chosen is not None and self.chosen < len(results) else None


class Reception(Record):
    """A bulk request that was accepted: what its results need when they are asked for.

    `kind`: prefix of the request's file. `content`: what the asking part wants back, opaque here.
    """

    number: str
    kind: str
    received_at: AwareDatetime
    file_identifier: str | None = None
    batch_id: str | None = None
    as_of: date | None = None
    content: bytes = b""


class Original(Record):
    """A text of which some characters were replaced (●) in a result's file.

    `place`: element names from the message's body down. `text`: as the fund answered it.
    """

    file: str
    place: str
    text: str


class ResultFile(Record):
    """A file to be written into `res/`: its name and bytes."""

    name: str
    content: bytes


class TakenRequest(Record):
    """A request that was taken from the folder; then its results, until they are written.

    `too_large`: it was longer than any request may be, and its content was not read. `attempts`: how often
    answering it has begun.
    """

    name: str
    taken_at: AwareDatetime
    content: bytes = b""
    too_large: bool = False
    results: tuple[ResultFile, ...] | None = None
    attempts: int = 0
