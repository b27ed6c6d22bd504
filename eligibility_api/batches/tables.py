"""Batches and their rows, for as long as they are kept."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import FetchedValue
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class BatchCheck(SQLModel, table=True):
    """A batch. Its first `answered` rows have their results; `misses` of them found nobody, the last `misses_in_a_row`
    among these. `worked_at` gives every batch its turn.
    """

    __tablename__ = "batch_check"

    batch_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": FetchedValue()})
    institution_code: str = Field(foreign_key="facility.institution_code")
    client_id: UUID = Field(foreign_key="client.client_id")
    as_of: date
    rows: int
    answered: int = Field(sa_column_kwargs={"server_default": FetchedValue()})
    misses: int = Field(sa_column_kwargs={"server_default": FetchedValue()})
    misses_in_a_row: int = Field(sa_column_kwargs={"server_default": FetchedValue()})
    accepted_at: datetime = instant(by_database=True)
    worked_at: datetime = instant(by_database=True)
    kept_until: datetime = instant()


class BatchRow(SQLModel, table=True):
    """One row, numbered from 1: what was asked (JSON) until it is answered, then the result's line (JSON) alone."""

    __tablename__ = "batch_row"

    batch_id: UUID = Field(foreign_key="batch_check.batch_id", primary_key=True)
    row: int = Field(primary_key=True)
    asked: str | None
    result: str | None
