"""The tables of the store, as migrations: each brings a file of the former version to the next.

The version is SQLite's `user_version`. A migration that was released is never changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from clinic_terminal.errors import TerminalError

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # `ends_at`: seconds since 1970, from which the entry no longer exists. `value`: encrypted.
        """CREATE TABLE entry (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            ends_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            value BLOB NOT NULL
        ) STRICT""",
        "CREATE INDEX entry_of_kind ON entry (kind, id)",
        "CREATE INDEX entry_end ON entry (ends_at)",
        """CREATE TABLE entry_key (
            digest BLOB NOT NULL,
            entry_id INTEGER NOT NULL REFERENCES entry ON DELETE CASCADE,
            PRIMARY KEY (digest, entry_id)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX entry_key_entry ON entry_key (entry_id)",
        # One encrypted constant, which shows whether the key is the right one.
        "CREATE TABLE key_check (value BLOB NOT NULL) STRICT",
    ),
)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the file to the newest version, each step in a transaction of its own.

    Raises TerminalError `store-newer` for a file of a later program; sqlite3.Error.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise TerminalError("store-newer")
    for number, statements in enumerate(migrations[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
