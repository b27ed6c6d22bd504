"""Look-ups of insurers' members, counted, and how far the counting is."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import Field, SQLModel


class LookUpCount(SQLModel, table=True):
    """How many answers of a day (in Japan) showed, or refused to show, an insurer's members, by outcome."""

    __tablename__ = "look_up_count"

    insurer_number: str = Field(primary_key=True, foreign_key="insurer.insurer_number")
    day: date = Field(primary_key=True)
    outcome: str = Field(primary_key=True)
    look_ups: int


class LookUpsCounted(SQLModel, table=True):
    """The last audit record that was counted; one row."""

    __tablename__ = "look_ups_counted"

    only_row: bool = Field(primary_key=True)
    upto: UUID
