"""Tables of counted look-ups of insurers' members, and of members' applications about cards."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


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


class PaperApplicationRow(SQLModel, table=True):
    """A member's application for a paper certificate."""

    __tablename__ = "paper_application"

    application_id: int = Field(primary_key=True, sa_type=BigInteger)
    entitlement: int = Field(sa_type=BigInteger)
    reason: str
    applied_at: datetime = instant(by_database=True)
    withdrawn_at: datetime | None = instant(nullable=True)


class DeregistrationApplicationRow(SQLModel, table=True):
    """A person's application, on her own page, that her insurer end the registration of her cards."""

    __tablename__ = "deregistration_application"

    application_id: int = Field(primary_key=True, sa_type=BigInteger)
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    entitlement: int = Field(sa_type=BigInteger)
    person_key: bytes
    applied_at: datetime = instant(by_database=True)
    withdrawn_at: datetime | None = instant(nullable=True)
