"""Enrolment as the fund knows it, bitemporal: the days on which insurance holds, and when the fund knew it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from eligibility_api.platform.tables import instant


class Revision(SQLModel, table=True):
    """A change of what is known, as a whole: what it opens and closes shows from `published_at` on."""

    revision: int | None = Field(default=None, primary_key=True)
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    client_id: UUID = Field(foreign_key="client.client_id")
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
    insurer_name: str
    certificate_kind: str
    symbol: str | None
    number: str
    branch: str | None
    relationship: str
    name: str
    name_kana: str
    sex: str
    birth_date: date
    postal_code: str | None
    address: str
    acquired_on: date
    lost_on: date | None
    reason_of_loss: str | None
