"""Spent things, the revocation mirror, and which certificate is whose."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class Spent(SQLModel, table=True):
    """What may be used once: challenges and client assertions, by their own expiry and id.

    Partitioned by the expiry; a partition goes when its end is ten minutes past by the database's clock.
    """

    expires_at: datetime = instant(primary_key=True)
    id: bytes = Field(primary_key=True)


class Authority(SQLModel, table=True):
    """The revocation mirror's state for one CA key: which list is held, and when it was last found current."""

    authority: bytes = Field(primary_key=True)
    crl_number: int
    crl_sha256: bytes
    this_update: datetime = instant()
    next_update: datetime = instant()
    checked_at: datetime = instant()


class Revoked(SQLModel, table=True):
    """A revoked or suspended certificate of the mirrored list."""

    authority: bytes = Field(primary_key=True)
    serial: bytes = Field(primary_key=True)
    status: str
    revoked_at: datetime = instant()


class Binding(SQLModel, table=True):
    """Whose a certificate is, for ever: by first registration or by a renewal link, always J-LIS's answer."""

    authority: bytes = Field(primary_key=True)
    serial: bytes = Field(primary_key=True)
    person_key: bytes
    basis: str
    renewed_authority: bytes | None = None
    renewed_serial: bytes | None = None
    bound_at: datetime = instant(by_database=True)
    record_id: UUID
    not_after: datetime | None = instant(nullable=True)


class VisualCheckCount(SQLModel, table=True):
    """How many visual checks a terminal made in an hour; the limit is held against it."""

    __tablename__ = "visual_check_count"

    client_id: UUID = Field(primary_key=True)
    hour: datetime = instant(primary_key=True)
    checks: int
