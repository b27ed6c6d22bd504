"""Enrolment as the fund knows it, bitemporal: the days on which insurance holds, and when the fund knew it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class Revision(SQLModel, table=True):
    """A change of what is known, as a whole: what it opens and closes shows from `published_at` on."""

    revision: int | None = Field(default=None, primary_key=True)
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    client_id: UUID = Field(foreign_key="client.client_id")
    kind: str = Field(default="single")
    undoes: int | None = Field(default=None, foreign_key="revision.revision")
    published_at: datetime | None = instant(nullable=True)


class Entitlement(SQLModel, table=True):
    """One membership at one insurer: what an enrolment's versions are versions of.

    `symbol_key`, `number_key` and `branch_key` are folded for comparison (`domain.membership`).
    """

    entitlement: int | None = Field(default=None, primary_key=True)
    enrolment_id: UUID
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    symbol_key: str
    number_key: str
    branch_key: str
    birth_date: date


class EnrolmentVersion(SQLModel, table=True):
    """One version of one entitlement, never changed but for being closed. Its days are [acquired_on, lost_on)."""

    __tablename__ = "enrolment"

    version: int | None = Field(default=None, primary_key=True)
    entitlement: int = Field(foreign_key="entitlement.entitlement")
    opened_by: int = Field(foreign_key="revision.revision")
    closed_by: int | None = Field(default=None, foreign_key="revision.revision")
    person_key: bytes | None
    register_match: str
    mismatch: str = Field(default="none")
    insurer_name: str
    certificate_kind: str
    symbol: str | None
    number: str
    branch: str | None
    relationship: str
    insured_name: str | None
    insured_birth_date: date | None
    name: str
    name_kana: str
    name_alias: str | None
    name_alias_kana: str | None
    sex: str
    sex_on_certificate: str | None
    birth_date: date
    postal_code: str | None
    address: str
    acquired_on: date
    lost_on: date | None
    reason_of_loss: str | None
    issued_on: date | None
    valid_from: date | None
    valid_to: date | None
    burden_ratio: int | None = Field(sa_column=Column(SmallInteger))
    elderly_certificate: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    limit_certificate: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    specific_diseases: list[dict[str, Any]] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    nondisclosure: bool = Field(default=False)
    self_disclosure_blocked: bool = Field(default=False)
    digest: bytes | None


class MismatchCount(SQLModel, table=True):
    """How many members of an insurer's single calls were not one person in the register, in an hour."""

    __tablename__ = "mismatch_count"

    insurer_number: str = Field(primary_key=True, foreign_key="insurer.insurer_number")
    hour: datetime = instant(primary_key=True)
    mismatches: int


class Idempotency(SQLModel, table=True):
    """What was answered to a call with this key, but for `known_from`, which its revision knows."""

    insurer_number: str = Field(primary_key=True, foreign_key="insurer.insurer_number")
    key: str = Field(primary_key=True)
    digest: bytes
    answer: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    revision: int = Field(foreign_key="revision.revision")
    made_at: datetime = instant(by_database=True)
