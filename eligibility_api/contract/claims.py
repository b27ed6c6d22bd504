"""Receipts (レセプト): how an insurer sends the electronic receipt files of its members, and what the fund found in them.

`POST /v1/claims` takes the bare file as its body, of any size, in streaming. The kind of each section (IR or YK to GO)
is decided from its content; a file may hold the sections of several institutions one behind the other.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from eligibility_api.contract.wire import Answer

CLAIMS_PATH = "/v1/claims"


class ClaimKind(StrEnum):
    """What a section of a file holds."""

    MEDICAL = "medical"
    """医科: IR, fee table 1."""
    DPC = "dpc"
    """DPC: recognised by its records, and not read: their layout is not public."""
    DENTAL = "dental"
    """歯科: IR, fee table 3; recognised, and not read."""
    PHARMACY = "pharmacy"
    """調剤: YK, fee table 4."""


class ClaimsState(StrEnum):
    """Where a file is on its way. The last two are ends."""

    RECEIVED = "received"
    READING = "reading"
    DONE = "done"
    """Its good receipts count, from `known_from` on or from the 11th of their claim month, whichever is later."""
    REFUSED = "refused"
    """Nothing of it counts; `refusal` says why."""


class ClaimsFault(StrEnum):
    """What may be wrong with a record. Its receipt is not taken; the others of the file are."""

    ENCODING = "encoding"
    """Bytes that are not CP932."""
    LINE_TOO_LONG = "line-too-long"
    FIELDS = "fields"
    """Fewer or more fields than the record has."""
    REQUIRED = "required"
    NUMBER = "number"
    DAY = "day"
    """Neither a western nor an era date, or not in the calendar."""
    CODE = "code"
    """Not a value of its code table, or not of its form."""
    UNKNOWN_RECORD = "unknown-record"
    """No record of this kind of receipt."""
    NOT_CARRIED = "not-carried"
    """A record, or a kind of receipt, whose layout is not public: it is not guessed."""
    ORDER = "order"
    """A record where none of its kind may stand."""
    OTHER_INSURER = "other-insurer"
    """The receipt is of another insurer than the one that sends it."""
    MY_NUMBER = "my-number-refused"
    DUPLICATE = "duplicate"
    """The same receipt stands further above in the file, which counts."""
    TRAILER = "trailer"
    """GO does not count what stands above it. The receipts count all the same."""
    TRUNCATED = "truncated"
    """The section ends without GO, or within a record. Its whole receipts count; the last one does not."""


class ClaimsReport(Answer):
    """What was found in a file."""

    sections: int = Field(description="Institutions' claims, IR or YK to GO.")
    claims: int = Field(description="Claims in the file.")
    accepted: int = Field(description="Claims without faults.")
    unmatched: int = Field(
        description="Good receipts whose member is not enrolled in their month by what is known now. They count as"
        " soon as the enrolment comes."
    )
    replacing: int = Field(description="Good receipts that take the place of an earlier one.")
    by_kind: dict[ClaimKind, int] = Field(description="Receipts by kind, not read ones included.")
    faults: dict[ClaimsFault, int] = Field(description="Faults by rule, of one receipt a hundred at most.")


class ClaimsAnswer(Answer):
    """A file: `POST /v1/claims`, `GET /v1/claims/{file_id}`."""

    file_id: str
    state: ClaimsState
    received_at: datetime
    size: int = Field(description="Bytes.")
    refusal: str | None = Field(default=None, description="The catalogue's code, where the file was refused.")
    duplicate_of: str | None = Field(
        default=None, description="The same file was taken before: that one; nothing changes."
    )
    report: ClaimsReport | None = None
    known_from: datetime | None = Field(default=None, description="Since when its good receipts count.")


class ClaimsFaultPlace(Answer):
    """One fault, by place, rule and the value's shape (`9` digit, `a` letter, `あ` other), never the value."""

    line: int = Field(description="From 1.")
    record: str | None = Field(description="The two letters that begin it.")
    field: int | None = Field(
        description="From 1, the record's letters not counted; None for a whole record."
    )
    name: str | None = Field(description="The field's name in the published layout.")
    claim: int | None = Field(description="The claim's place in its section, from 1.")
    code: ClaimsFault
    shape: str | None


class ClaimsFaults(Answer):
    """`GET /v1/claims/{file_id}/faults?after=CURSOR`: the first ten thousand."""

    faults: list[ClaimsFaultPlace]
    next: str | None = Field(description="Cursor of the next page; None at the end.")
