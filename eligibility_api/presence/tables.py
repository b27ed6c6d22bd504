"""Tables of used nonces, the revocation mirror, card bindings, and visual checks per hour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Numeric
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class UsedNonce(SQLModel, table=True):
    """Single-use values that were used: challenges and client assertions, by their own expiry and id.

    Partitioned by the expiry; a partition is dropped once its end is ten minutes past by the database's
    clock.
    """

    __tablename__ = "used_nonce"

    expires_at: datetime = instant(primary_key=True)
    id: bytes = Field(primary_key=True)


class Authority(SQLModel, table=True):
    """The revocation mirror's state for one CA key: the stored CRL, and when it was last checked."""

    authority: bytes = Field(primary_key=True)
    crl_number: int = Field(sa_type=Numeric)
    crl_sha256: bytes
    this_update: datetime = instant()
    next_update: datetime = instant()
    checked_at: datetime = instant()
    expired_since: datetime | None = instant(nullable=True)
    """Since when the list has expired certificates too; null if it does not say."""


class RevokedCertificate(SQLModel, table=True):
    """A revoked or suspended certificate of the mirrored list."""

    __tablename__ = "revoked_certificate"

    authority: bytes = Field(primary_key=True)
    serial: bytes = Field(primary_key=True)
    status: str
    revoked_at: datetime = instant()


class Binding(SQLModel, table=True):
    """The person of a certificate: by first registration or renewal link, as J-LIS answered.

    Permanent, unless it ends by a deregistration (`ends_at`).
    """

    authority: bytes = Field(primary_key=True)
    serial: bytes = Field(primary_key=True)
    person_key: bytes
    basis: str
    renewed_authority: bytes | None = None
    renewed_serial: bytes | None = None
    bound_at: datetime = instant(by_database=True)
    record_id: UUID
    not_after: datetime | None = instant(nullable=True)
    carrier: str | None = None
    ends_at: datetime | None = instant(nullable=True)


class RegistrationEnd(SQLModel, table=True):
    """An end of a certificate's registration (`Binding.ends_at`), known from `recorded_at` until `stood_until`.

    Written by triggers.
    """

    __tablename__ = "registration_end"

    registration_end: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    authority: bytes
    serial: bytes
    ends_at: datetime = instant()
    recorded_at: datetime = instant()
    stood_until: datetime | None = instant(nullable=True)


class VisualCheckCount(SQLModel, table=True):
    """The number of a terminal's visual checks in an hour, for their limit."""

    __tablename__ = "visual_check_count"

    client_id: UUID = Field(primary_key=True)
    hour: datetime = instant(primary_key=True)
    checks: int
