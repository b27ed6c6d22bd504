"""What the store keeps: permits, receptions of bulk requests, requests, and originals of replaced characters."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from eligibility_api.contract.codes import Care, Category, Sex


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
