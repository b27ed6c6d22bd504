"""Counts of look-ups by number that matched nobody, for their limit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class NumberMiss(SQLModel, table=True):
    """A terminal's misses in the `hour` of its last one, and the length of its present `streak`."""

    __tablename__ = "number_miss"

    institution_code: str = Field(primary_key=True, foreign_key="facility.institution_code")
    client_id: UUID = Field(primary_key=True, foreign_key="client.client_id")
    hour: datetime = instant()
    misses: int
    streak: int
    missed_at: datetime = instant()


class FacilityNumberMiss(SQLModel, table=True):
    """The misses of all terminals of a facility in the `hour` of the last one."""

    __tablename__ = "facility_number_miss"

    institution_code: str = Field(primary_key=True, foreign_key="facility.institution_code")
    hour: datetime = instant()
    misses: int
