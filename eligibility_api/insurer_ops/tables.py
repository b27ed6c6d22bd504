"""Tables of counted look-ups of insurers' members."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class LookUpCount(SQLModel, table=True):
    """Number of answers about an insurer's members on a day (in Japan), by outcome."""

    __tablename__ = "lookup_count"

    insurer_number: str = Field(primary_key=True, foreign_key="insurer.insurer_number")
    day: date = Field(primary_key=True)
    outcome: str = Field(primary_key=True)
    lookups: int = Field(sa_type=BigInteger)


class LookUpCountProgress(SQLModel, table=True):
    """The last audit record that was counted; one row."""

    __tablename__ = "lookup_count_progress"

    singleton: bool = Field(primary_key=True)
    last_record_id: UUID
