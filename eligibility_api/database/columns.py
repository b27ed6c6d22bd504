"""Columns and helpers that the tables of all capabilities share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, FetchedValue, Table
from sqlmodel import Field, SQLModel


def instant(*, nullable: bool = False, primary_key: bool = False, by_database: bool = False) -> Any:
    """A timestamptz column, filled by the database's clock if `by_database`."""
    column: Column[datetime] = Column(
        DateTime(timezone=True),
        nullable=nullable,
        primary_key=primary_key,
        server_default=FetchedValue() if by_database else None,
    )
    return Field(default=None, sa_column=column)


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of a table model, for building statements."""
    table = model.__table__  # type: ignore[attr-defined]
    assert isinstance(table, Table)
    return table
