"""Tables of audit records (who requested what about which person, and the rows read for the answer) and of their log."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, FetchedValue, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class TransactionNumber(UserDefinedType[str]):
    """PostgreSQL's number of a transaction, with its epoch: it never begins again."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name."""
        return "xid8"


class AuditRecord(SQLModel, table=True):
    """One audit record.

    The answer can be recomputed from what was read: the versions in `enrolments` and `tickets`, the
    entitlements that a look-up by number matched (`matched_entitlements`), and the `consents` that applied. The
    database makes `record_id`, `recorded_at`, `salt` and `written_by` (the transaction), and derives the retention
    class from the kind.
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
    salt: bytes | None = Field(sa_column_kwargs={"server_default": FetchedValue()})
    written_by: str | None = Field(sa_column=Column(TransactionNumber(), server_default=FetchedValue()))


class AuditLeaf(SQLModel, table=True):
    """A record's place in the log. `commitment` is the log's entry: 32 bytes."""

    __tablename__ = "audit_leaf"

    leaf_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    record_id: UUID
    recorded_at: datetime = instant()
    commitment: bytes


class AuditTile(SQLModel, table=True):
    """A full tile of 256 hashes, and its root, which is a hash of the level above."""

    __tablename__ = "audit_tile"

    level: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    tile_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hashes: bytes
    root: bytes


class AuditCheckpoint(SQLModel, table=True):
    """A signed statement of the log's size and root; `note` is what is published."""

    __tablename__ = "audit_checkpoint"

    tree_size: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    root: bytes
    note: bytes
    signed_at: datetime = instant(primary_key=True, by_database=True)
