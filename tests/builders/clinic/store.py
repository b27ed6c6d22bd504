"""Records of the terminal's store, and its files as they are on the disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from clinic_terminal.store.records import Permit, Reception, StoredMembership, StoredPerson, TakenRequest
from eligibility_api.contract.codes import Care, Category, Sex
from tests.builders.clinic.samples import NOW

PERMIT_ID = UUID("019ab000-0000-7000-8000-0000000000b1")
NAME = "OQSsiquc01req_202604010001.xml"


def request(content: bytes = b"<XmlMsg/>", **changes: Any) -> TakenRequest:
    fields: dict[str, Any] = {"name": NAME, "content": content, "taken_at": NOW}
    return TakenRequest(**fields | changes)


def membership(**changes: Any) -> StoredMembership:
    fields: dict[str, Any] = {
        "insurer_number": "01130012",
        "symbol": "12",
        "number": "345",
        "branch": "00",
        "birth_date": date(1980, 2, 3),
    }
    return StoredMembership(**fields | changes)


def permit(**changes: Any) -> Permit:
    fields: dict[str, Any] = {
        "permit_id": PERMIT_ID,
        "care": Care.OUTPATIENT,
        "categories": (Category.MEDICATION,),
        "given_at": NOW,
        "available_until": NOW + timedelta(days=1),
        "memberships": (membership(),),
        "reference_number": "A-1",
        "person": StoredPerson(name="架空 花子", birth_date=date(1980, 2, 3), sex=Sex.FEMALE),
    }
    return Permit(**fields | changes)


def reception(number: str = "R1", **changes: Any) -> Reception:
    fields: dict[str, Any] = {
        "number": number,
        "kind": "OQSmuquc01req",
        "received_at": NOW,
        "content": b"\xff",
    }
    return Reception(**fields | changes)


def stored_bytes(home: Path) -> bytes:
    """Everything that the store has on the disk, its key excepted."""
    return b"".join(path.read_bytes() for path in sorted(home.glob("terminal.db*")))


def execute(home: Path, statement: str, *values: object) -> list[Any]:
    """Run a statement on the store's file, as another program could."""
    with closing(sqlite3.connect(home / "terminal.db")) as connection, connection:
        return connection.execute(statement, values).fetchall()


def at(days: float) -> datetime:
    return NOW + timedelta(days=days)
