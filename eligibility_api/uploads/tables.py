"""Tables of member files: uploads, their stored parts, faults and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, FetchedValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class Upload(SQLModel, table=True):
    """An upload, with the revision that its file becomes.

    `state` is one of `contract.uploads.UploadState`, or `receiving` (not answered yet) or `abandoned` (never
    answered).
    """

    upload_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": FetchedValue()})
    revision: int = Field(foreign_key="revision.revision", sa_type=BigInteger)
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    client_id: UUID = Field(foreign_key="client.client_id")
    format: str
    encoding: str
    scope: str
    bad_rows: str
    publish: str
    state: str = Field(default="receiving")
    received_at: datetime = instant(by_database=True)
    parts: int = Field(default=0)
    size: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    sha256: bytes | None
    refusal: str | None
    report: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    withheld: bool | None
    """Whether the report withholds what the register answered; None until the file is checked."""
    undo_report: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    checked_at: datetime | None = instant(nullable=True)
    prepared: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    skipped: int = Field(default=0)
    undo_revision: int | None = Field(default=None, foreign_key="revision.revision", sa_type=BigInteger)
    retry_at: datetime | None = instant(nullable=True)
    cleaned_up: bool = Field(default=False)


class UploadPart(SQLModel, table=True):
    """A part of a file, numbered from 0."""

    __tablename__ = "upload_part"

    upload_id: UUID = Field(primary_key=True)
    part: int = Field(primary_key=True)
    body: bytes


class UploadFault(SQLModel, table=True):
    """One of the first faults of a file's rows. The faulty value itself is not stored."""

    __tablename__ = "upload_fault"

    fault: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    upload_id: UUID = Field(foreign_key="upload.upload_id")
    row: int = Field(sa_column=Column(BigInteger, nullable=False))
    column_name: str | None
    code: str
    shape: str | None
    enrolment_id: UUID | None


class UploadDecision(SQLModel, table=True):
    """A decision about an upload's revision, or about that of its undo: by which client, and for what reason."""

    __tablename__ = "upload_decision"

    upload_id: UUID = Field(primary_key=True, foreign_key="upload.upload_id")
    revision: int = Field(primary_key=True, foreign_key="revision.revision", sa_type=BigInteger)
    decision: str = Field(primary_key=True)
    client_id: UUID = Field(foreign_key="client.client_id")
    reason: str | None
    decided_at: datetime = instant(by_database=True)
