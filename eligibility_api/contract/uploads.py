"""Member files: upload, check report, and the states until publication or undo.

The body of `POST /v1/uploads` is the file itself, streamed, of any size; the query gives its format.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from eligibility_api.contract.wire import NOT_BLANK, Answer, RequestModel, Text


class FileFormat(StrEnum):
    """The format of the file."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class FileEncoding(StrEnum):
    """The file's encoding; `auto` detects it."""

    AUTO = "auto"
    UTF_8 = "utf-8"
    CP932 = "cp932"


class FileScope(StrEnum):
    """Whether the file contains all members, or only changes.

    A member missing in a full file is reported but never ended: an end needs a day and a reason.
    """

    FULL = "full"
    CHANGES = "changes"


class BadRows(StrEnum):
    """Handling of a file with invalid rows."""

    SKIP = "skip"
    """Process the valid rows."""
    REJECT_FILE = "reject-file"
    """Reject the whole file."""


class Publish(StrEnum):
    """When the fund publishes a file without suspicious findings."""

    AT_ONCE = "at-once"
    ON_REQUEST = "on-request"
    """On `POST /v1/uploads/{upload_id}/publish`."""


class UploadState(StrEnum):
    """The state of an upload. The last four are final."""

    RECEIVED = "received"
    CHECKING = "checking"
    HELD = "held"
    """Waits for approval by another key, with a reason."""
    CHECKED = "checked"
    """Nothing suspicious; waits for the insurer's request to publish (`on-request`)."""
    PUBLISHING = "publishing"
    UNDO_HELD = "undo-held"
    """Published; its undo waits for approval by another key, with a reason."""
    UNDOING = "undoing"
    PUBLISHED = "published"
    REFUSED = "refused"
    """The fund refused it; `refusal` gives the reason."""
    REJECTED = "rejected"
    """The insurer rejected it."""
    UNDONE = "undone"


class RowFault(StrEnum):
    """Faults of a row, and plausibility findings (要確認); in words: `member_rules.toml`.

    An invalid row is not processed; the others are, unless `bad_rows` is `reject-file`. A plausibility finding
    refuses nothing.
    """

    REQUIRED = "required"
    FORMULA = "formula"
    """The cell begins like a spreadsheet formula: `=`, `+`, `@`, or `-` not followed by a digit."""
    MY_NUMBER = "my-number-refused"
    INSURER_NUMBER = "insurer-number"
    """No such insurer number: its length, check digit or law."""
    OTHER_INSURER = "other-insurer"
    TEXT = "text"
    """Empty, too long, or with control characters."""
    DAY = "day"
    CODE = "code"
    FORM = "form"
    """A postal code, branch or amount in a wrong format."""
    LEADING_ZEROS = "leading-zeros"
    """A number that a spreadsheet shortened, and that cannot be restored."""
    SCIENTIFIC = "scientific-notation"
    """A number that a spreadsheet rounded to a power of ten."""
    PERIOD = "period"
    """The end is not later than the beginning."""
    REASON_OF_LOSS = "reason-of-loss"
    """lost_on and reason_of_loss go together."""
    SCHEME = "scheme"
    """The row does not match the insurer's scheme: medical aid, the late-elderly scheme, or neither."""
    ENCODING = "encoding"
    LINE_TOO_LONG = "line-too-long"
    QUOTES = "quotes"
    """A quote is unclosed at the end of the line, or misplaced."""
    CELLS = "cells"
    """More or fewer cells than columns."""
    CUT_OFF = "cut-off"
    """The file ends without a line break, in a cell that may be longer: the last row is not processed."""
    JSON = "json"
    """Not one flat object of texts, whole numbers and flags."""
    UNKNOWN_COLUMN = "unknown-column"
    DUPLICATE = "duplicate"
    """The same row occurs earlier in the file; the earlier one counts."""
    ROWS_OVERLAP = "rows-overlap"
    """Two rows of one member differ for the same day: neither counts."""
    BRANCH_CONFLICT = "branch-conflict"
    """Two persons have the same number and branch on the same day: neither counts."""
    CHANGED_SINCE = "changed-since"
    """Not a fault: skipped, because a single call changed this member after the upload."""
    LIMIT_CLASS_AGE = "limit-class-age"
    """Plausibility: a limit certificate's class of the other ages."""
    LIMIT_CLASS_SCHEME = "limit-class-scheme"
    """Plausibility: a limit certificate's class of the late-elderly scheme, elsewhere."""
    SELF_PAY = "self-pay-amount"
    """Plausibility: own payment for a specific disease that is neither 10,000 nor 20,000 yen."""
    RATIO_NOT_EXPECTED = "ratio-not-expected"
    """Plausibility: a burden ratio that the member's age or scheme forbids."""
    RATIO_ENDED = "ratio-ended"
    """Plausibility: 10 percent for ages 70 to 74."""
    CERTIFICATE_KIND_ENDED = "kind-ended"
    """Plausibility: a kind of certificate that no longer exists."""


class Finding(Answer):
    """A finding of the check: how often, and whether it puts the file on hold."""

    code: str
    count: int
    holds: bool
    column: str | None = None
    detail: dict[str, Any] | None = Field(default=None, description="Ratios and counts, never a value.")


class UploadReport(Answer):
    """The check report (before publishing)."""

    rows: int
    good_rows: int
    bad_rows: int
    new: int = Field(description="Periods that were not known.")
    changed: int
    unchanged: int
    absent: int = Field(description="Current members missing in a full file.")
    unmatched: int | None = Field(
        description="New or changed members for whom the resident register did not return exactly one person; null while"
        " that is withheld, until another key approves the file (finding `unmatched-limit`)."
    )
    proposed: int | None = Field(
        default=None,
        description="Of the unmatched members those for whom the register proposes a person who is spelled otherwise"
        " (finding `variant`, by item and kind); null as `unmatched` is.",
    )
    changed_since: int = Field(description="Skipped: changed by single calls after the upload.")
    fill_rates: dict[str, float] = Field(
        description="Ratio of filled cells by column, among the members who should have a value."
    )
    findings: list[Finding]


class UndoReport(Answer):
    """The check of an undo before it is carried out."""

    changed: int = Field(description="Members who would get former values again.")
    removed: int = Field(description="Members whom only the file had enrolled.")
    findings: list[Finding]


class UploadAnswer(Answer):
    """An upload: `POST /v1/uploads`, `GET /v1/uploads/{upload_id}`."""

    upload_id: str
    state: UploadState
    received_at: datetime
    size: int = Field(description="Bytes.")
    refusal: str | None = Field(default=None, description="The catalogue's code if the file was refused.")
    duplicate_of: str | None = Field(
        default=None, description="The id of an earlier upload of the same file."
    )
    report: UploadReport | None = None
    undo_report: UndoReport | None = Field(default=None, description="Of the last undo that was requested.")
    known_from: datetime | None = Field(
        default=None, description="Since when it is effective, once published."
    )
    undone_from: datetime | None = None
    undo_until: datetime | None = Field(
        default=None, description="Until when it can be undone; null unless it is published."
    )


class UploadFault(Answer):
    """One fault of one row: place, code and the value's shape, never the value.

    The shape has `9` for a digit, `a` for a letter, `あ` for others; ASCII punctuation and spaces are
    unchanged.
    """

    row: int = Field(
        description="As a spreadsheet counts: the header is row 1; of JSON Lines the line. 0 if it belongs to no row."
    )
    column: str | None
    code: RowFault
    shape: str | None
    enrolment_id: str | None = Field(default=None, description="The enrolment that an undo skipped.")


class UploadFaults(Answer):
    """`GET /v1/uploads/{upload_id}/faults?after=CURSOR`."""

    faults: list[UploadFault]
    next: str | None = Field(description="Cursor of the next page; null at the end.")


Reason = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NOT_BLANK]


class Decision(RequestModel):
    """`POST /v1/uploads/{upload_id}/approve`, `…/reject`, `…/undo`: the reason."""

    reason: Reason


class AffectedFacility(Answer):
    """One facility that received a value which was withdrawn since."""

    institution_code: str
    institution_name: str
    answers: int
    last_at: datetime


class CorrectionList(Answer):
    """The correction list: `GET /v1/uploads/{upload_id}/correction-list`."""

    facilities: list[AffectedFacility]
