"""What a migration may do while the last release serves: the statements of an expand migration."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TABLE = r"(?:IF NOT EXISTS )?(?:public\.)?(?P<table>\w+)"
_CREATED = re.compile(rf"CREATE TABLE {_TABLE}", re.IGNORECASE)
_FREE = re.compile(
    r"CREATE (OR REPLACE )?FUNCTION |CREATE (UNIQUE )?INDEX CONCURRENTLY |GRANT |COMMENT ON |REVOKE ALL ON FUNCTION .* FROM PUBLIC$",
    re.IGNORECASE | re.DOTALL,
)
_ON_OWN = re.compile(
    rf"(CREATE (UNIQUE )?INDEX \w+ ON|INSERT INTO|ALTER TABLE|CREATE TRIGGER .* ON) {_TABLE}", re.IGNORECASE
)
_ALTER = re.compile(rf"ALTER TABLE {_TABLE} (?P<actions>.*)", re.IGNORECASE | re.DOTALL)
_ADD_COLUMN = re.compile(r"ADD (COLUMN )?(?!CONSTRAINT)\w+ .*", re.IGNORECASE | re.DOTALL)
_WIDENED = re.compile(
    r"DROP CONSTRAINT (?P<name>\w+), ADD CONSTRAINT (?P=name) CHECK \((?:(?! ADD | DROP ).)*\) NOT VALID",
    re.IGNORECASE | re.DOTALL,
)


def forbidden(statements: Iterable[str]) -> list[str]:
    """The statements that an expand migration may not have, without comments.

    It may create tables, and do anything to those; create functions, or replace one by one of the same parameters and result;
    create indexes of existing tables without blocking them; add columns that are empty or have a default; replace a check by a
    wider one of the same name that is not validated; and grant rights.
    """
    made: set[str] = set()
    found = []
    for statement in map(_plain, statements):
        if created := _CREATED.match(statement):
            made.add(created["table"])
        elif not _is_allowed(statement, made):
            found.append(statement)
    return found


def _plain(statement: str) -> str:
    without = re.sub(r"--[^\n]*", "", statement)
    return re.sub(r"\s+", " ", without).strip().rstrip("; ")


def _is_allowed(statement: str, made: set[str]) -> bool:
    if _FREE.match(statement):
        return True
    own = _ON_OWN.match(statement)
    if own is not None and own["table"] in made:
        return True
    alter = _ALTER.fullmatch(statement)
    return alter is not None and _only_adds(alter["actions"])


def _only_adds(actions: str) -> bool:
    if _WIDENED.fullmatch(actions):
        return True
    added = re.split(r",\s*(?=ADD |DROP |ALTER |RENAME )", actions)
    return all(_ADD_COLUMN.fullmatch(one) and _may_be_left_out(one) for one in added)


def _may_be_left_out(column: str) -> bool:
    """Whether a program that does not know the column can still insert rows, and none is rewritten."""
    words = column.upper()
    return ("NOT NULL" not in words or " DEFAULT " in words) and not re.search(
        r"\b(UNIQUE|PRIMARY KEY|GENERATED|REFERENCES|RANDOM|NOW\(|CLOCK_TIMESTAMP)", words
    )
