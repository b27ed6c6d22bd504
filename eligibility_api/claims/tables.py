"""Receipt files: where each stands, and what was wrong in it. The receipts themselves are written by COPY alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, FetchedValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class ClaimFile(SQLModel, table=True):
    """One file. `state` is one of `contract.claims.ClaimsState`, or `receiving` (no answer was given yet) or
    `abandoned` (none ever will be).
    """

    __tablename__ = "claim_file"

    file_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": FetchedValue()})
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    client_id: UUID = Field(foreign_key="client.client_id")
    state: str = Field(default="receiving")
    received_at: datetime = instant(by_database=True)
    parts: int = Field(default=0)
    size: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    sha256: bytes | None
    refusal: str | None
    report: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    taken: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    unmatched: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    replacing: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    known_from: datetime | None = instant(nullable=True)
    retry_at: datetime | None = instant(nullable=True)
    swept: bool = Field(default=False)


class ClaimFault(SQLModel, table=True):
    """One of the first faults of a file, without the value."""

    __tablename__ = "claim_fault"

    fault: int | None = Field(default=None, primary_key=True)
    file_id: UUID = Field(foreign_key="claim_file.file_id")
    line: int = Field(sa_column=Column(BigInteger, nullable=False))
    record: str | None
    field: int | None
    name: str | None
    receipt: int | None = Field(sa_column=Column(BigInteger))
    code: str
    shape: str | None
