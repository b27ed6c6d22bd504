"""Tables of claim files and their faults, and the row of a claim. Claims are inserted by COPY only."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache  # noqa: TID251 - of months, 256 at most
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, FetchedValue, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant
from eligibility_api.domain.claims import Claim, encode
from eligibility_api.domain.dates import JAPAN
from eligibility_api.domain.membership import comparable


class ClaimFile(SQLModel, table=True):
    """A claim file.

    `state` is one of `contract.claims.ClaimsState`, or `receiving` (not answered yet) or `abandoned` (never
    answered).
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
    stored: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    unmatched: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    replacing: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    known_from: datetime | None = instant(nullable=True)
    replaced_from: datetime | None = instant(nullable=True)
    """From when the same bytes, read again, count instead (rule H17)."""
    retry_at: datetime | None = instant(nullable=True)
    cleaned_up: bool = Field(default=False)
    reader_version: int = Field(default=1, sa_column=Column(SmallInteger, nullable=False))
    """The version of the reader that read it (`domain.claims.READER_VERSION`)."""


class ClaimFault(SQLModel, table=True):
    """One of the first faults of a file. The faulty value itself is not stored."""

    __tablename__ = "claim_fault"

    fault: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    file_id: UUID = Field(foreign_key="claim_file.file_id")
    line: int = Field(sa_column=Column(BigInteger, nullable=False))
    record: str | None
    field: int | None
    name: str | None
    claim: int | None = Field(sa_column=Column(BigInteger))
    code: str
    shape: str | None


CLAIM_COLUMNS = (
    "file_id", "insurer_number", "symbol_key", "number_key", "branch_key", "birth_date", "kind", "setting",
    "institution_code", "treatment_month", "claim_month", "due_at", "identity", "content",
)  # fmt: skip

_DUE_DAY = 11


@lru_cache(maxsize=256)
def due_at(claim_month: date) -> datetime:
    """From when claims of a claim month may be shown: 00:00 in Japan on its 11th (OQS 7.3)."""
    return datetime.combine(claim_month.replace(day=_DUE_DAY), time(), JAPAN)


def claim_row(file_id: UUID, claim: Claim) -> tuple[Any, ...]:
    """A claim as the values of `CLAIM_COLUMNS`."""
    member = claim.member
    return (
        file_id,
        member.insurer_number,
        *comparable(member.symbol, member.number, member.branch),
        member.birth_date,
        claim.kind.value,
        claim.setting.value,
        claim.institution_code,
        claim.treatment_month,
        claim.claim_month,
        due_at(claim.claim_month),
        claim.identity,
        encode(claim.content),
    )
