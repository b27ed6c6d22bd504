"""Claims (レセプト): upload of an insurer's electronic claim files, and the fund's report about them.

The body of `POST /v1/claims` is the file itself, streamed, of any size. The kind of each section (IR or YK to
GO) is detected from its content; a file may contain sections of several institutions in sequence.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from eligibility_api.contract.wire import Answer

CLAIMS_PATH = "/v1/claims"


class ClaimKind(StrEnum):
    """The kind of claims in a section of a file."""

    MEDICAL = "medical"
    """医科: IR, fee table 1."""
    DPC = "dpc"
    """DPC: recognised by its records, but not read: the layout is not public."""
    DENTAL = "dental"
    """歯科: IR, fee table 3; recognised, but not read."""
    NURSING = "nursing"
    """訪問看護: HM; recognised, but not read: it contains no medicines or acts of a history."""
    PHARMACY = "pharmacy"
    """調剤: YK, fee table 4."""


class ClaimsState(StrEnum):
    """The state of a file. The last two are final."""

    RECEIVED = "received"
    READING = "reading"
    DONE = "done"
    """Its accepted claims count from `known_from`, but not before the 11th of their claim month."""
    REFUSED = "refused"
    """Nothing of it counts; `refusal` gives the reason."""


class ClaimsFault(StrEnum):
    """Faults of a record.

    Its claim is rejected, unless the code says otherwise: where it is unclear who was treated, when, or with
    what. The other claims of the file are accepted.
    """

    ENCODING = "encoding"
    """Bytes that are not CP932."""
    LINE_TOO_LONG = "line-too-long"
    FIELDS = "fields"
    """Fewer or more fields than the record has, or a line that is no record."""
    REQUIRED = "required"
    NUMBER = "number"
    DAY = "day"
    """Neither a western nor an era date, or not in the calendar."""
    CODE = "code"
    """Not a value of its code table, or not of its form."""
    UNKNOWN_RECORD = "unknown-record"
    """Not a published record of this kind of claim. It is left out; the claim counts."""
    LEFT_OUT = "left-out"
    """A field or record without which the claim still says who was treated, when and with what is invalid.

    It is left out; the claim counts.
    """
    NOT_CARRIED = "not-carried"
    """A record or kind of claim whose layout is not public."""
    ORDER = "order"
    """A record in a place where it is not allowed."""
    OTHER_INSURER = "other-insurer"
    """The claim belongs to another insurer than the sender."""
    MY_NUMBER = "my-number-refused"
    DUPLICATE = "duplicate"
    """The same claim occurs earlier in the file; the earlier one counts."""
    TRAILER = "trailer"
    """The totals in GO do not match the section. The claims count nevertheless."""
    TRUNCATED = "truncated"
    """The section ends without GO, or within a record. Its complete claims count; the last one does not."""


class ClaimsReport(Answer):
    """The report about a file."""

    sections: int = Field(description="Institutions' sections, IR or YK to GO.")
    claims: int = Field(description="Claims in the file.")
    accepted: int = Field(description="Claims without faults.")
    unmatched: int = Field(
        description="Accepted claims for whose month no enrolment of the member is known at present. They count as"
        " soon as the enrolment arrives."
    )
    replacing: int = Field(description="Accepted claims that replace an earlier one.")
    by_kind: dict[ClaimKind, int] = Field(description="Claims by kind, including kinds that are not read.")
    faults: dict[ClaimsFault, int] = Field(description="Faults by code, at most a hundred per claim.")
    passed: dict[str, int] = Field(
        default_factory=dict,
        description="Records that a history does not need, by their letters. They are passed over.",
    )


class ClaimsAnswer(Answer):
    """A file: `POST /v1/claims`, `GET /v1/claims/{file_id}`."""

    file_id: str
    state: ClaimsState
    received_at: datetime
    size: int = Field(description="Bytes.")
    refusal: str | None = Field(default=None, description="The catalogue's code if the file was refused.")
    duplicate_of: str | None = Field(
        default=None, description="The id of an earlier upload of the same file; nothing changes."
    )
    report: ClaimsReport | None = None
    known_from: datetime | None = Field(default=None, description="Since when its accepted claims count.")


class ClaimsFaultPlace(Answer):
    """One fault: place, code and the value's shape (`9` digit, `a` letter, `あ` other), never the value."""

    line: int = Field(description="From 1.")
    record: str | None = Field(description="The record's two-letter identifier.")
    field: int | None = Field(description="From 1, not counting the identifier; null for a whole record.")
    name: str | None = Field(description="The field's name in the published layout.")
    claim: int | None = Field(description="The claim's place in its section, from 1.")
    code: ClaimsFault
    shape: str | None


class ClaimsFaults(Answer):
    """`GET /v1/claims/{file_id}/faults?after=CURSOR`: the first ten thousand."""

    faults: list[ClaimsFaultPlace]
    next: str | None = Field(description="Cursor of the next page; null at the end.")
