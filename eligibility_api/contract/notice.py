"""The notice of the fund's state and next planned downtime: the answer of `/status.json`, and the file of the downtimes.

A terminal keeps the last one, and shows it when it cannot reach the fund.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from eligibility_api.contract.bounds import MAX_TEXT_LENGTH

STATUS_PATH = "/status"
NOTICE_PATH = "/status.json"

MAX_DOWNTIMES = 50
"""Maximum number of planned downtimes."""


class Part(StrEnum):
    """A part of the fund whose state the notice has."""

    SERVICE = "service"
    DATABASE = "database"
    REVOCATION = "revocation"


class PartState(BaseModel):
    """Whether a part is in order, and since when it has been so, as far as the answering worker knows."""

    part: Part
    in_order: bool
    since: AwareDatetime


class Speed(BaseModel):
    """How fast the fund answered lately: the upper bounds that half and 99 % of the requests kept to."""

    requests: int = Field(ge=0)
    p50_seconds: float | None = Field(
        description="null without requests, or above the largest bound measured."
    )
    p99_seconds: float | None = Field(
        description="null without requests, or above the largest bound measured."
    )


class Downtime(BaseModel):
    """A planned downtime, with a sentence for the reception."""

    begins_at: AwareDatetime
    ends_at: AwareDatetime
    ja: str = Field(min_length=1, max_length=MAX_TEXT_LENGTH)
    en: str = Field(min_length=1, max_length=MAX_TEXT_LENGTH)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.ends_at <= self.begins_at:
            raise ValueError("a downtime ends after it begins")
        return self


class Downtimes(BaseModel):
    """The planned downtimes, the next one first."""

    planned: list[Downtime] = Field(default=[], max_length=MAX_DOWNTIMES)

    def next(self, now: datetime) -> Downtime | None:
        """The first one that is not over."""
        return min((one for one in self.planned if one.ends_at > now), key=_begin, default=None)

    def with_planned(self, downtime: Downtime, now: datetime) -> Downtimes:
        """These and one more, without those that are over."""
        kept = [one for one in self.planned if one.ends_at > now]
        return Downtimes(planned=sorted([*kept, downtime], key=_begin))


def _begin(downtime: Downtime) -> datetime:
    return downtime.begins_at


class StatusNotice(BaseModel):
    """The fund's state, the speed of the last hour, and the next planned downtime."""

    as_of: AwareDatetime
    parts: list[PartState] = Field(max_length=len(Part))
    measured_seconds: int = Field(
        ge=0, description="The time over which the speed was measured, up to an hour."
    )
    card: Speed
    number: Speed
    downtime: Downtime | None = Field(description="The next planned downtime, or the present one.")
