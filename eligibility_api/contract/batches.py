"""Batch checks (一括照会): many memberships in one request, processed row by row in the background."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, FailFast, Field, StrictBool, StringConstraints

from eligibility_api.contract import examples
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.wire import Answer, Day, Row, Text

BATCHES_PATH = "/v1/eligibility/batches"

MAX_ROWS = 10_000


class BatchState(StrEnum):
    """The state of a batch (SegmentOfResult 2 stands for the first two)."""

    ACCEPTED = "accepted"
    PROCESSING = "processing"
    DONE = "done"


class BatchRow(Row, MembershipQuery):
    """One row: a look-up by number, with an optional tag that is returned with the result."""

    limit_certificate_consent: StrictBool = False
    known_version: Text | None = Field(default=None, max_length=64)
    tag: Annotated[Text, StringConstraints(max_length=50)] | None = None


class BatchRequest(Row):
    """`POST /v1/eligibility/batches`."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BATCH]})

    as_of: Day | None = Field(default=None, description="The day to check; default: today in Japan.")
    # Validation stops at the first faulty row: a fault takes a hundred times the memory of its row.
    rows: Annotated[tuple[BatchRow, ...], FailFast(), Field(min_length=1, max_length=MAX_ROWS)]


class BatchAnswer(Answer):
    """A batch and its state; `GET /v1/eligibility/batches/{batch_id}`."""

    batch_id: str
    state: BatchState
    as_of: date
    accepted_at: datetime
    rows: int
    answered: int
    kept_until: datetime


class BatchResult(Answer):
    """The result of one row, a line of `GET /v1/eligibility/batches/{batch_id}/results?after=ROW`."""

    row: int = Field(description="From 1, in the order sent.")
    tag: str | None
    answer: EligibilityAnswer | UnchangedAnswer | None = None
    code: str | None = Field(default=None, description="The catalogue's code if the row was refused.")
