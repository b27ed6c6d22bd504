"""Tables of enrolment, bitemporal: the insured days (valid time), and when known (transaction time)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

from eligibility_api.contract.member_items import MEMBER_ITEMS, Item, Kind
from eligibility_api.database.columns import instant


class Revision(SQLModel, table=True):
    """An atomic change of what is known: what it opens and closes is visible from `published_at` on."""

    revision: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    client_id: UUID = Field(foreign_key="client.client_id")
    kind: str = Field(default="single")
    undoes: int | None = Field(default=None, foreign_key="revision.revision", sa_type=BigInteger)
    published_at: datetime | None = instant(nullable=True)


class Entitlement(SQLModel, table=True):
    """One membership at one insurer; enrolment versions belong to it.

    `symbol_key`, `number_key` and `branch_key` are folded for comparison (`domain.membership`).
    """

    entitlement: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    enrolment_id: UUID
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    symbol_key: str
    number_key: str
    branch_key: str
    birth_date: date


_TYPES: dict[Kind, type[TypeEngine[Any]]] = {
    Kind.DAY: Date,
    Kind.PERCENT: SmallInteger,
    Kind.YEN: Integer,
    Kind.FLAG: Boolean,
}
"""Types of item columns that are not text."""


def _item_column(item: Item) -> Column[Any]:
    if item.kind is Kind.CERTIFICATE:
        return Column(item.name, JSONB(none_as_null=True))
    return Column(item.name, _TYPES.get(item.kind, String), nullable=item.nullable)


VERSION = Table(
    "enrolment",
    SQLModel.metadata,
    Column("version", BigInteger, primary_key=True),
    Column("entitlement", BigInteger, ForeignKey("entitlement.entitlement"), nullable=False),
    Column("opened_by", BigInteger, ForeignKey("revision.revision"), nullable=False),
    Column("closed_by", BigInteger, ForeignKey("revision.revision")),
    Column("person_key", LargeBinary),
    Column("register_match", String, nullable=False),
    Column("mismatch", String, nullable=False, default="none"),
    Column("proposed_key", LargeBinary),
    Column("differences", JSONB(none_as_null=True)),
    Column("insurer_name", String, nullable=False),
    *map(_item_column, MEMBER_ITEMS),
    Column("digest", LargeBinary),
)
"""One version of an entitlement on the days [acquired_on, lost_on). It is never changed, only closed."""


class MismatchCount(SQLModel, table=True):
    """Members of an insurer whom the register did not identify, by hour: in single calls, and rows of files.

    `pending` are queries by single calls that are not answered yet.
    """

    __tablename__ = "mismatch_count"

    insurer_number: str = Field(primary_key=True, foreign_key="insurer.insurer_number")
    hour: datetime = instant(primary_key=True)
    mismatches: int
    pending: int = Field(default=0)
    unmatched_rows: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class ContestedClaim(SQLModel, table=True):
    """A member of an insurer whom another insurer claimed by a contested change, with that change's revision."""

    __tablename__ = "contested_claim"

    claim: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    insurer_number: str = Field(foreign_key="insurer.insurer_number")
    entitlement: int = Field(foreign_key="entitlement.entitlement", sa_type=BigInteger)
    revision: int = Field(foreign_key="revision.revision", sa_type=BigInteger)


class Idempotency(SQLModel, table=True):
    """The stored answer of a call with this key, without `known_from`, which the revision has."""

    insurer_number: str = Field(primary_key=True, foreign_key="insurer.insurer_number")
    key: str = Field(primary_key=True)
    digest: bytes
    answer: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    revision: int = Field(foreign_key="revision.revision", sa_type=BigInteger)
    created_at: datetime = instant(by_database=True)
