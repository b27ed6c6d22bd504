"""Tables of facilities, insurers and their clients (terminals, insurers' programs)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class Facility(SQLModel, table=True):
    """A medical institution or pharmacy (医療機関・薬局), or an eligibility-only facility (施術所)."""

    institution_code: str = Field(primary_key=True)
    name: str
    kind: str
    admitted_at: datetime = instant(by_database=True)
    closed_at: datetime | None = instant(nullable=True)


class Insurer(SQLModel, table=True):
    """An insurer (保険者)."""

    insurer_number: str = Field(primary_key=True)
    name: str


class Client(SQLModel, table=True):
    """A client that may obtain tokens: either a terminal of a facility, or a program of an insurer."""

    client_id: UUID = Field(primary_key=True)
    institution_code: str | None = Field(foreign_key="facility.institution_code")
    insurer_number: str | None = Field(foreign_key="insurer.insurer_number")
    public_key: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    next_public_key: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    """A newer key, while both are accepted."""
    rights: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    certificates: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    """Thumbprints of its client certificates, newest last (RFC 8705)."""
    admitted_at: datetime = instant(by_database=True)
    closed_at: datetime | None = instant(nullable=True)
