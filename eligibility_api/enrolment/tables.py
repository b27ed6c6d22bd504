"""Tables of enrolment, bitemporal: the insured days (valid time), and when known (transaction time)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class Revision(SQLModel, table=True):
    """An atomic change of what is known: what it opens and closes is visible from `published_at` on."""

    revision: int | None = Field(default=None, primary_key=True)
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    client_id: UUID = Field(foreign_key="client.client_id")
    kind: str = Field(default="single")
    undoes: int | None = Field(default=None, foreign_key="revision.revision")
    published_at: datetime | None = instant(nullable=True)


class Entitlement(SQLModel, table=True):
    """One membership at one insurer; enrolment versions belong to it.

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
    """One version of an entitlement on the days [acquired_on, lost_on). It is never changed, only closed."""

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
    """Number of mismatches with the register in an insurer's single calls, by hour."""

    __tablename__ = "mismatch_count"

    insurer_number: str = Field(primary_key=True, foreign_key="insurer.insurer_number")
    hour: datetime = instant(primary_key=True)
    mismatches: int


class Idempotency(SQLModel, table=True):
    """The stored answer of a call with this key, without `known_from`, which the revision has."""

    insurer_number: str = Field(primary_key=True, foreign_key="insurer.insurer_number")
    key: str = Field(primary_key=True)
    digest: bytes
    answer: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    revision: int = Field(foreign_key="revision.revision")
    made_at: datetime = instant(by_database=True)
