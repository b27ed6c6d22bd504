"""Tables of permits, the evidence of consents, and the ends of permits. Rows are only added."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class Permit(SQLModel, table=True):
    """What grants a facility access to a person's information: a consent, or a recorded reason.

    `client_id`: None if the person gave it on her own page. `available_from`: since when, if later than `given_at`. `until` is the first instant at which it no longer
    does; None: until it is withdrawn.
    """

    permit_id: UUID = Field(primary_key=True)
    basis: str
    person_key: bytes
    matched_entitlements: list[int] | None = Field(sa_column=Column(ARRAY(BigInteger)))
    institution_code: str = Field(foreign_key="facility.institution_code")
    client_id: UUID | None = Field(foreign_key="client.client_id")
    care: str
    categories: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    given_at: datetime = instant()
    available_from: datetime | None = instant(nullable=True)
    until: datetime | None = instant(nullable=True)
    operator: str | None
    reason: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    record_id: UUID


class ConsentEvidence(SQLModel, table=True):
    """Evidence that proves a consent without the fund: words, signature, certificate and its status."""

    __tablename__ = "consent_evidence"

    permit_id: UUID = Field(primary_key=True, foreign_key="permit.permit_id")
    statement: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    words: str
    audience: str
    presence_record: UUID
    challenge: str
    certificate: bytes
    signature: bytes
    revocation: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class PermitEnd(SQLModel, table=True):
    """The premature end of a permit, permanent. `reason`: OQSCD031. `client_id`: None if she ended it on her own page."""

    __tablename__ = "permit_end"

    permit_id: UUID = Field(primary_key=True, foreign_key="permit.permit_id")
    ended_at: datetime = instant()
    reason: str
    client_id: UUID | None = Field(foreign_key="client.client_id")
    record_id: UUID
