"""Tables of own accesses: one-time codes with their sessions, and wrong codes per hour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class OwnAccess(SQLModel, table=True):
    """One own access: the code, stored as its digest, and from its opening on the session.

    The API adds rows, and cannot read or change any: it calls functions with the code or the session's token.
    """

    __tablename__ = "own_access"

    access_id: UUID = Field(primary_key=True)
    code_digest: bytes
    person_key: bytes
    authority: bytes
    serial: bytes
    institution_code: str = Field(foreign_key="facility.institution_code")
    client_id: UUID = Field(foreign_key="client.client_id")
    record_id: UUID
    made_at: datetime = instant(by_database=True)
    expires_at: datetime = instant(by_database=True)
    opened_at: datetime | None = instant(nullable=True)
    session_digest: bytes | None = None
    session_until: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)


class OwnAccessGuess(SQLModel, table=True):
    """The number of refused codes from one address in an hour; the address as a keyed digest."""

    __tablename__ = "own_access_guess"

    source: bytes = Field(primary_key=True)
    hour: datetime = instant(primary_key=True)
    guesses: int
