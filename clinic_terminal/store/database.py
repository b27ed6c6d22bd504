"""The store's SQLite file: opening it, short transactions, and entries found by keyed hashes."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from clinic_terminal.errors import TerminalError
from clinic_terminal.store.key_file import load_or_create_key
from clinic_terminal.store.records import Kind
from clinic_terminal.store.schema import migrate
from clinic_terminal.store.sealing import SealBrokenError, Sealer

DATABASE_FILE = "terminal.db"

SYNCHRONOUS = "FULL"
"""When SQLite waits for the disk: at every commit, since a request is deleted from the folder after it."""

_BUSY_SECONDS = 5.0
"""How long a call waits for another process of this terminal."""
_CHECK = b"shikaku terminal store"


def has_store(home: Path) -> bool:
    """Whether a store was made in the folder `home`."""
    return (home / DATABASE_FILE).exists()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was read, its value decrypted."""

    id: int
    attempts: int
    value: bytes


class StoreDatabase:
    """One connection, shared by the threads of this process; each call is one transaction.

    Every failure of the file is a TerminalError `store-failed` with SQLite's name of it.
    """

    def __init__(self, connection: sqlite3.Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer
        self._lock = threading.RLock()

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the file in the folder `home`; create both, and the key, where there are none.

        Raises TerminalError `store-key-missing`, `store-key-wrong`, `store-newer`, `store-failed`.
        """
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _exclusive(home), _translated():
                return cls._open_locked(home)
        except OSError as error:
            raise TerminalError("store-failed", reason=error.strerror or "I/O") from error

    @classmethod
    def _open_locked(cls, home: Path) -> Self:
        path = home / DATABASE_FILE
        is_new = not path.exists() or path.stat().st_size == 0
        sealer = Sealer(load_or_create_key(home, may_create=is_new))
        # SQLite gives its other files the mode of this one.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        os.fchmod(descriptor, 0o600)
        os.close(descriptor)
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _configure(connection)
            _check_key(connection, sealer)
        except BaseException:
            connection.close()
            raise
        return cls(connection, sealer)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def digest(self, kind: Kind, *parts: str | None) -> bytes:
        """The keyed hash of `parts`, by which an entry is found."""
        return self._sealer.digest(kind, *parts)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All calls of the block are one transaction, which no other writer interrupts."""
        with self._lock, _translated():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite has rolled back by itself when the disk is full
            self._connection.execute("ROLLBACK")

    def version(self) -> tuple[int, int]:
        """A value that is another one after every change of the file, by this process or another one."""
        with self._lock, _translated():
            (by_others,) = self._connection.execute("PRAGMA data_version").fetchone()
            return by_others, self._connection.total_changes

    def put(self, kind: Kind, value: bytes, ends_at: datetime, keys: Iterable[bytes]) -> None:
        """Add an entry that is found by each of `keys` until `ends_at`."""
        sealed = self._sealer.seal(kind, value)
        with self.transaction():
            entry = self._connection.execute(
                "INSERT INTO entry (kind, ends_at, value) VALUES (?, ?, ?)",
                (kind.value, _seconds(ends_at), sealed),
            ).lastrowid
            self._connection.executemany(
                "INSERT INTO entry_key (digest, entry_id) VALUES (?, ?)",
                ((digest, entry) for digest in set(keys)),
            )

    def find(self, kind: Kind, key: bytes) -> list[Entry]:
        """The entries with this key, newest first. One whose value cannot be decrypted is left out."""
        with self._lock, _translated():
            rows = self._connection.execute(
                "SELECT id, attempts, value FROM entry JOIN entry_key ON entry_id = id"
                " WHERE digest = ? AND kind = ? ORDER BY id DESC",
                (key, kind.value),
            ).fetchall()
        return list(self._opened(kind, rows))

    def all_of(self, kind: Kind) -> list[Entry]:
        """Every entry of a kind, oldest first. One whose value cannot be decrypted is left out."""
        with self._lock, _translated():
            rows = self._connection.execute(
                "SELECT id, attempts, value FROM entry WHERE kind = ? ORDER BY id", (kind.value,)
            ).fetchall()
        return list(self._opened(kind, rows))

    def change(self, kind: Kind, entry: int, value: bytes) -> None:
        """Replace an entry's value."""
        with self.transaction():
            self._connection.execute(
                "UPDATE entry SET value = ? WHERE id = ?", (self._sealer.seal(kind, value), entry)
            )

    def count_attempt(self, key: bytes) -> None:
        """Add one to the attempts of the entries with this key."""
        with self.transaction():
            self._connection.execute(
                "UPDATE entry SET attempts = attempts + 1"
                " WHERE id IN (SELECT entry_id FROM entry_key WHERE digest = ?)",
                (key,),
            )

    def delete(self, key: bytes) -> None:
        """Delete the entries with this key."""
        with self.transaction():
            self._connection.execute(
                "DELETE FROM entry WHERE id IN (SELECT entry_id FROM entry_key WHERE digest = ?)", (key,)
            )

    def purge(self, now: datetime) -> int:
        """Delete what has ended, and return how many entries it was."""
        with self.transaction():
            return self._connection.execute(
                "DELETE FROM entry WHERE ends_at <= ?", (int(now.timestamp()),)
            ).rowcount

    def _opened(self, kind: Kind, rows: Iterable[tuple[int, int, bytes]]) -> Iterator[Entry]:
        for number, attempts, sealed in rows:
            try:
                yield Entry(number, attempts, self._sealer.open(kind, sealed))
            except SealBrokenError:
                continue  # a damaged entry must not stop those beside it; its end removes it


def _configure(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    migrate(connection)


def _check_key(connection: sqlite3.Connection, sealer: Sealer) -> None:
    """Compare the key with the one that the file was made with. Raises TerminalError `store-key-wrong`."""
    row = connection.execute("SELECT value FROM key_check").fetchone()
    if row is None:
        connection.execute("INSERT INTO key_check (value) VALUES (?)", (sealer.seal("check", _CHECK),))
        return
    try:
        sealer.open("check", row[0])
    except SealBrokenError:
        raise TerminalError("store-key-wrong") from None


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


@contextmanager
def _translated() -> Iterator[None]:
    """SQLite's errors become TerminalError `store-failed`, without a value of a statement."""
    try:
        yield
    except sqlite3.Error as error:
        reason = getattr(error, "sqlite_errorname", None) or type(error).__name__
        raise TerminalError("store-failed", reason=reason) from error


@contextmanager
def _exclusive(home: Path) -> Iterator[None]:
    """Wait until no other process of this terminal creates or migrates files in `home`."""
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
