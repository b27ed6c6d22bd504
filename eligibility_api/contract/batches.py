"""Batch checks (一括照会): many memberships asked at once, answered row by row when their turn has come."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, FailFast, Field, StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract import examples
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.wire import Answer, Day, RequestModel, Text

BATCHES_PATH = "/v1/eligibility/batches"

MAX_ROWS = 10_000


class BatchState(StrEnum):
    """How far a batch is (SegmentOfResult 2 stands for the first two)."""

    ACCEPTED = "accepted"
    PROCESSING = "processing"
    DONE = "done"


_MAX_MEMBERS = 100
"""Of one object; so many that a few unknown ones are still told one by one."""


class _Bounded(RequestModel):
    """Part of a request so large that members without end, each of them a fault, would take all memory."""

    @model_validator(mode="before")
    @classmethod
    def _has_few_members(cls, value: object) -> object:
        if isinstance(value, dict) and len(value) > _MAX_MEMBERS:
            raise PydanticCustomError("too_many_members", "more members than a row or a batch can have")
        return value


class BatchRow(_Bounded, MembershipQuery):
    """One row: as a look-up by number, with a tag of the facility's own that comes back."""

    limit_certificate_consent: StrictBool = False
    known_version: Text | None = Field(default=None, max_length=64)
    tag: Annotated[Text, StringConstraints(max_length=50)] | None = None


class BatchRequest(_Bounded):
    """`POST /v1/eligibility/batches`."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BATCH]})

    as_of: Day | None = Field(default=None, description="The day asked for; today in Tokyo when left out.")
    # At the first faulty row the others are left alone: a fault takes a hundred times the room of what it is about.
    rows: Annotated[tuple[BatchRow, ...], FailFast(), Field(min_length=1, max_length=MAX_ROWS)]


class BatchAnswer(Answer):
    """A batch and how far it is; `GET /v1/eligibility/batches/{batch_id}`."""

    batch_id: str
    state: BatchState
    as_of: date
    accepted_at: datetime
    rows: int
    answered: int
    kept_until: datetime


class BatchResult(Answer):
    """One line of `GET /v1/eligibility/batches/{batch_id}/results?after=ROW`: the answer to a row, or a refusal's code."""

    row: int = Field(description="From 1, as sent.")
    tag: str | None
    answer: EligibilityAnswer | UnchangedAnswer | None = None
    code: str | None = Field(default=None, description="The catalogue's code where the row was refused.")
