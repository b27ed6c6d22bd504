"""Member files: how an insurer uploads one, what the fund found in it, and what became of it.

`POST /v1/uploads` takes the bare file as its body, of any size, in streaming; its query says how to read it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from eligibility_api.contract.wire import Answer, RequestModel, Text


class FileFormat(StrEnum):
    """The form of the file."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class FileEncoding(StrEnum):
    """The file's encoding; `auto` decides by its bytes."""

    AUTO = "auto"
    UTF_8 = "utf-8"
    CP932 = "cp932"


class FileScope(StrEnum):
    """Whether the file has all members, or only what changed. A member who is missing in a full file is reported, and
    never ended: an end has a day and a reason.
    """

    FULL = "full"
    CHANGES = "changes"


class BadRows(StrEnum):
    """What happens to the good rows of a file with bad ones."""

    SKIP = "skip"
    """The good rows count."""
    REJECT_FILE = "reject-file"
    """All or nothing."""


class Publish(StrEnum):
    """When the fund publishes a file in which nothing is suspicious."""

    AT_ONCE = "at-once"
    ON_REQUEST = "on-request"
    """Wait for `POST /v1/uploads/{upload_id}/publish`."""


class UploadState(StrEnum):
    """Where an upload is on its way. The last four are ends."""

    RECEIVED = "received"
    CHECKING = "checking"
    HELD = "held"
    """Waits for another key's approval, with its reason."""
    CHECKED = "checked"
    """Nothing suspicious; waits for the insurer's word (`on-request`)."""
    PUBLISHING = "publishing"
    UNDOING = "undoing"
    PUBLISHED = "published"
    REFUSED = "refused"
    """The fund could not take it; `refusal` says why."""
    REJECTED = "rejected"
    """The insurer took it back."""
    UNDONE = "undone"


class RowFault(StrEnum):
    """What may be wrong with a row. Such a row is not taken; the others are, unless the file was all or nothing."""

    REQUIRED = "required"
    FORMULA = "formula"
    """The cell begins like a spreadsheet's formula: `=`, `+`, `@`, or `-` without a digit behind it."""
    MY_NUMBER = "my-number-refused"
    OTHER_INSURER = "other-insurer"
    TEXT = "text"
    """Empty, too long, or with control characters."""
    DAY = "day"
    CODE = "code"
    FORM = "form"
    """A postal code, branch or amount that is not of its form."""
    PERIOD = "period"
    """The end is not later than the beginning."""
    REASON_OF_LOSS = "reason-of-loss"
    """lost_on and reason_of_loss go together."""
    SCHEME = "scheme"
    """Not of the insurer's scheme: medical aid, the late-elderly scheme, or neither."""
    ENCODING = "encoding"
    LINE_TOO_LONG = "line-too-long"
    QUOTES = "quotes"
    """A quote is open at the end of the line, or stands where none may."""
    CELLS = "cells"
    """More or fewer cells than columns."""
    JSON = "json"
    """Not one flat object of texts, whole numbers and flags."""
    UNKNOWN_COLUMN = "unknown-column"
    DUPLICATE = "duplicate"
    """The same row stands further above, which counts."""
    ROWS_OVERLAP = "rows-overlap"
    """Two rows say different things of one member for the same day: neither counts."""
    BRANCH_CONFLICT = "branch-conflict"
    """Two people have one branch of one number on the same day: neither counts."""
    CHANGED_SINCE = "changed-since"
    """No fault: left alone, as a single call changed this member after the upload."""


class Finding(Answer):
    """What the check found of one kind: how often, and whether it holds the file."""

    code: str
    count: int
    holds: bool
    column: str | None = None
    detail: dict[str, Any] | None = Field(default=None, description="Shares and counts, never a value.")


class UploadReport(Answer):
    """The check report (before publishing)."""

    rows: int
    good_rows: int
    bad_rows: int
    new: int = Field(description="Periods of members that were not known.")
    changed: int
    unchanged: int
    absent: int = Field(description="Current members of whom a full file says nothing.")
    unmatched: int = Field(
        description="New or changed members whom the resident register did not show as one person."
    )
    changed_since: int = Field(description="Left alone: changed by single calls after the upload.")
    fill_rates: dict[str, float] = Field(
        description="Share of filled cells by column, within who should have it."
    )
    findings: list[Finding]


class UploadAnswer(Answer):
    """An upload: `POST /v1/uploads`, `GET /v1/uploads/{upload_id}`."""

    upload_id: str
    state: UploadState
    received_at: datetime
    size: int = Field(description="Bytes.")
    refusal: str | None = Field(default=None, description="The catalogue's code, where the file was refused.")
    duplicate_of: str | None = Field(default=None, description="The same file was taken before: that upload.")
    report: UploadReport | None = None
    known_from: datetime | None = Field(default=None, description="Since when it shows, once published.")
    undone_from: datetime | None = None


class UploadFault(Answer):
    """One fault of one row, by place, rule and the value's shape (`9` digit, `a` letter, `あ` other), never the value.

    ASCII punctuation and spaces stand in the shape as they are.
    """

    row: int = Field(description="From 1, the header not counted; 0 where it is of no row.")
    column: str | None
    code: RowFault
    shape: str | None
    enrolment_id: str | None = Field(default=None, description="Of whom an undo left alone.")


class UploadFaults(Answer):
    """`GET /v1/uploads/{upload_id}/faults?after=CURSOR`."""

    faults: list[UploadFault]
    next: str | None = Field(description="Cursor of the next page; None at the end.")


Reason = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Decision(RequestModel):
    """`POST /v1/uploads/{upload_id}/approve`, `…/reject`, `…/undo`: why."""

    reason: Reason


class AffectedFacility(Answer):
    """One facility that was answered with a value since withdrawn."""

    institution_code: str
    institution_name: str
    answers: int
    last_at: datetime


class CorrectionList(Answer):
    """The correction list: `GET /v1/uploads/{upload_id}/correction-list`."""

    facilities: list[AffectedFacility]
