"""Tables of batch checks and their rows."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import FetchedValue
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class BatchCheck(SQLModel, table=True):
    """A batch of look-ups.

    Its first `answered` rows have results; `misses` of them were misses, the last `miss_streak`
    consecutively. Batches take turns in the order of `last_worked_at`.
    """

    __tablename__ = "batch_check"

    batch_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": FetchedValue()})
    institution_code: str = Field(foreign_key="facility.institution_code")
    client_id: UUID = Field(foreign_key="client.client_id")
    as_of: date
    rows: int
    answered: int = Field(sa_column_kwargs={"server_default": FetchedValue()})
    misses: int = Field(sa_column_kwargs={"server_default": FetchedValue()})
    miss_streak: int = Field(sa_column_kwargs={"server_default": FetchedValue()})
    accepted_at: datetime = instant(by_database=True)
    last_worked_at: datetime = instant(by_database=True)
    kept_until: datetime = instant()


class BatchRow(SQLModel, table=True):
    """A row, numbered from 1: its request (JSON) until it is answered, then only its result (JSON)."""

    __tablename__ = "batch_row"

    batch_id: UUID = Field(foreign_key="batch_check.batch_id", primary_key=True)
    row: int = Field(primary_key=True)
    request: str | None
    result: str | None
