"""The state of J-LIS in one SQLite file: schema, connection, transactions.

The SQL of each capability is in its own module (`authority/records.py`, `register/register.py`, …). Instants
are whole seconds since 1970 (UTC), days ISO 8601, serial numbers decimal text: SQLite's integers have 64
bits, serial numbers may have 20 bytes (RFC 5280 section 4.1.2.2).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS authorities (
    ca_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    generation INTEGER NOT NULL,
    ca_key_sha256 TEXT NOT NULL UNIQUE,
    certificate BLOB NOT NULL,
    responder BLOB,
    changes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, generation)
) STRICT;
CREATE TABLE IF NOT EXISTS certificates (
    ca_id TEXT NOT NULL REFERENCES authorities,
    serial TEXT NOT NULL,
    resident_id TEXT NOT NULL,
    carrier TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    reason TEXT,
    revoked_at INTEGER,
    PRIMARY KEY (ca_id, serial),
    CHECK ((reason IS NULL) = (revoked_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS certificates_of_resident ON certificates (resident_id);
CREATE INDEX IF NOT EXISTS certificates_revoked ON certificates (ca_id, not_after) WHERE reason IS NOT NULL;
CREATE TABLE IF NOT EXISTS renewals (
    old_ca_id TEXT NOT NULL,
    old_serial TEXT NOT NULL,
    new_ca_id TEXT NOT NULL,
    new_serial TEXT NOT NULL,
    PRIMARY KEY (old_ca_id, old_serial),
    UNIQUE (new_ca_id, new_serial),
    FOREIGN KEY (old_ca_id, old_serial) REFERENCES certificates (ca_id, serial),
    FOREIGN KEY (new_ca_id, new_serial) REFERENCES certificates (ca_id, serial)
) STRICT;
CREATE TABLE IF NOT EXISTS phones (
    ca_id TEXT NOT NULL,
    serial TEXT NOT NULL,
    card_ca_id TEXT NOT NULL,
    card_serial TEXT NOT NULL,
    PRIMARY KEY (ca_id, serial),
    FOREIGN KEY (ca_id, serial) REFERENCES certificates (ca_id, serial),
    FOREIGN KEY (card_ca_id, card_serial) REFERENCES certificates (ca_id, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS phones_of_card ON phones (card_ca_id, card_serial);
CREATE TABLE IF NOT EXISTS revocation_lists (
    ca_id TEXT PRIMARY KEY REFERENCES authorities,
    number INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    this_update INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    der BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS residents (
    resident_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_kana TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    sex TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    address TEXT NOT NULL,
    died_on TEXT,
    match_key BLOB NOT NULL,
    folded_key BLOB,
    reading_key BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (
    serial TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS callers (
    name TEXT PRIMARY KEY,
    public_key TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS used_tokens (
    jti_sha256 BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS used_tokens_by_end ON used_tokens (expires_at);
"""

_LATER_COLUMNS = ("folded_key", "reading_key")
"""Columns of residents that a file made by the first release lacks."""

_ATTRIBUTE_INDEXES = {
    "residents_by_attributes": "match_key",
    "residents_by_folded_attributes": "folded_key",
    "residents_by_reading": "reading_key",
}
"""Indexes of residents by name, each with its column.

They are created whenever the store is opened, in case an import was interrupted without them.
"""

SYNCHRONOUS = "NORMAL"
"""When SQLite waits for the disk: a committed change may be lost if the machine fails, none is torn."""

_BUSY_SECONDS = 30.0


class Store:
    """One SQLite file, shared by the threads of this process and by other processes."""

    def __init__(self, path: Path) -> None:
        """Open the file; creates it and its tables on first use."""
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(
            f"PRAGMA synchronous = {SYNCHRONOUS}; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;"
            f"BEGIN; {_SCHEMA} COMMIT;"
        )
        self._add_later_columns()
        self.build_attribute_indexes()

    @contextmanager
    def unit(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection inside a write transaction; a nested unit joins the outer one."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, statement: str, *parameters: object) -> list[sqlite3.Row]:
        """Return the rows of a read statement."""
        with self._lock:
            return self._connection.execute(statement, parameters).fetchall()

    def row(self, statement: str, *parameters: object) -> sqlite3.Row | None:
        """Return the first row of a read statement, or None."""
        found = self.rows(statement, *parameters)
        return found[0] if found else None

    def drop_attribute_indexes(self) -> None:
        """Drop the indexes of the residents' attributes before a bulk import."""
        with self.unit() as connection:
            for name in _ATTRIBUTE_INDEXES:
                connection.execute(f"DROP INDEX IF EXISTS {name}")

    def build_attribute_indexes(self) -> None:
        """Create the indexes unless they exist."""
        with self.unit() as connection:
            for name, column in _ATTRIBUTE_INDEXES.items():
                connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON residents ({column})")

    @property
    def folding_version(self) -> int:
        """The version of the folding by which the residents' folded keys were made; 0 if they have none."""
        version: int = self.rows("PRAGMA user_version")[0][0]
        return version

    def set_folding_version(self, version: int) -> None:
        """Store the version of the folded keys."""
        with self.unit() as connection:
            connection.execute(f"PRAGMA user_version = {version:d}")

    def _add_later_columns(self) -> None:
        present = {row["name"] for row in self.rows("PRAGMA table_info(residents)")}
        for column in _LATER_COLUMNS:
            if column not in present:
                with self.unit() as connection:
                    connection.execute(f"ALTER TABLE residents ADD COLUMN {column} BLOB")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def to_seconds(instant: datetime) -> int:
    """Return a timezone-aware instant as stored, truncated to seconds."""
    return int(instant.timestamp())


def from_seconds(seconds: int) -> datetime:
    """Return a stored instant as a timezone-aware datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
