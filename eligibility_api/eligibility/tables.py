"""How often a look-up by number found nobody: what its limit is held against."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class NumberMiss(SQLModel, table=True):
    """A terminal's misses in the `hour` of its last one, and how many followed each other closely (`run`)."""

    __tablename__ = "number_miss"

    institution_code: str = Field(primary_key=True, foreign_key="facility.institution_code")
    client_id: UUID = Field(primary_key=True, foreign_key="client.client_id")
    hour: datetime = instant()
    misses: int
    run: int
    missed_at: datetime = instant()
