"""Health check-ups (特定健診) as insurers send them: JLAC10 items. The layout is our own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, FailFast, Field, StringConstraints

from eligibility_api.contract import examples
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.wire import Answer, Day, Row, Text

CheckupText = Annotated[Text, StringConstraints(min_length=1, max_length=200)]


class CheckupItemInput(Row):
    """One item (OQS 8)."""

    item_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{17}$", max_length=17)] = Field(
        description="JLAC10, 17 characters."
    )
    item_name: CheckupText
    data_type: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,3}$", max_length=3)] | None = None
    value: CheckupText | None = None
    unit: CheckupText | None = None
    oid: Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=64)] | None = None
    value_name: CheckupText | None = None


class CheckupInput(Row, MembershipQuery):
    """One member's check-up. A second one of the same day replaces the first."""

    examined_on: Day
    items: Annotated[list[CheckupItemInput], FailFast(), Field(min_length=1, max_length=300)]


class CheckupsRequest(Row):
    """`POST /v1/health-checkups`, by insurers, for their own members only."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CHECKUPS]})

    checkups: Annotated[list[CheckupInput], FailFast(), Field(min_length=1, max_length=500)]


class CheckupsAnswer(Answer):
    """How many check-ups were accepted, and for how many no enrolment is known at present."""

    accepted: int
    unmatched: int
    known_from: datetime
