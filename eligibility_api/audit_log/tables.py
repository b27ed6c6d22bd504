"""Table of audit records: who requested what about which person, and the rows read for the answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, FetchedValue, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class AuditRecord(SQLModel, table=True):
    """One audit record.

    The answer can be recomputed from what was read: the versions in `enrolments` and `tickets`, the
    entitlements that a look-up by number matched (`matched_entitlements`), and the `consents` that applied.
    """

    __tablename__ = "audit_record"

    record_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": FetchedValue()})
    recorded_at: datetime = instant(by_database=True)
    kind: str
    outcome: str
    client_id: UUID | None
    institution_code: str | None
    insurer_number: str | None
    facility_kind: str | None
    operator: str | None
    authority: bytes | None
    serial: bytes | None
    person_key: bytes | None
    challenge: bytes | None
    as_of: date | None
    enrolments: list[int] | None = Field(sa_column=Column(ARRAY(BigInteger)))
    rule_version: int | None
    known_version: str | None
    matched_entitlements: list[int] | None = Field(sa_column=Column(ARRAY(BigInteger)))
    tickets: list[int] | None = Field(sa_column=Column(ARRAY(BigInteger)))
    consents: list[str] | None = Field(sa_column=Column(ARRAY(Text)))
    detail: dict[str, Any] | None = Field(sa_column=Column(JSONB))
