"""The tables described in the code are those of the migrated database."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

import eligibility_api
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

SAME_TYPES = {"varchar": "text", "timestamp with time zone": "timestamptz", "character varying": "text"}
"""Names of one type. A `str` without a length is VARCHAR in SQLModel; the database has text."""

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[]) AND a.attnum > 0 AND NOT a.attisdropped
"""


def normalised(type_name: str) -> str:
    """The type's name, one of several for the same type."""
    element, array, _ = type_name.lower().partition("[]")
    return SAME_TYPES.get(element, element) + array


def described(column: Column[object]) -> tuple[str, bool]:
    """A column's type and whether it may be null, as the code describes it."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return normalised(column.type.compile(dialect)), bool(column.nullable)


async def test_the_tables_in_the_code_are_the_tables_in_the_database(fund: Fund) -> None:
    package = Path(eligibility_api.__path__[0])
    modules = sorted(path.parent.name for path in package.glob("*/tables.py"))
    assert len(modules) > 10
    for name in modules:
        importlib.import_module(f"eligibility_api.{name}.tables")

    tables = SQLModel.metadata.tables
    assert len(tables) > 25
    in_code = {
        (table, column.name): described(column) for table in tables for column in tables[table].columns
    }
    in_database = {
        (row["relname"], row["attname"]): (normalised(row["type"]), row["nullable"])
        for row in await fund.owner.fetch(COLUMNS, [list(tables)])
    }
    different = sorted(
        key for key in in_code.keys() | in_database if in_code.get(key) != in_database.get(key)
    )
    assert different == [], "\n".join(
        f"{key}: {in_code.get(key)}, {in_database.get(key)}" for key in different
    )
