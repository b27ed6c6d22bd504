"""The sandbox's own file, shared by the workers: switches of faults, and the latest requests with their answers."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eligibility_api.sandbox.faults import FaultName, Switch

FILE = "sandbox.db"
MAX_REQUESTS = 500
"""Requests that are kept; the oldest are deleted for newer ones."""

MAX_SWITCHES = 200
_BUSY_SECONDS = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS switch (
    fault TEXT NOT NULL, caller TEXT NOT NULL, since REAL NOT NULL, until REAL NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (fault, caller)
) STRICT;
CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, client_id TEXT, caller TEXT, rights TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL, headers TEXT NOT NULL, body TEXT,
    status INTEGER NOT NULL, milliseconds REAL NOT NULL, code TEXT NOT NULL, faults TEXT NOT NULL, answer TEXT,
    replay_of INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS mode (one INTEGER PRIMARY KEY CHECK (one = 1), strict INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS request_of_call ON request (client_id, method, path, id);
"""

_COLUMNS = (
    "at", "client_id", "caller", "rights", "method", "path", "query", "headers", "body", "status", "milliseconds", "code",
    "faults", "answer", "replay_of",
)  # fmt: skip


class TooManySwitches(Exception):
    """So many switches are on that no other one is accepted."""


class SandboxStore:
    """One connection, shared by the threads of this process; each call is one transaction."""

    def __init__(self, home: Path) -> None:
        """Open the file in the folder `home`; create it, readable by its owner only, where there is none."""
        file = home / FILE
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            file, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")  # what is tried out may be lost with the machine
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _run(self, statement: str, *parameters: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, parameters).fetchall()

    def switches(self, now: datetime) -> list[Switch]:
        """The switches that are on; one whose time is over is off."""
        rows = self._run("SELECT * FROM switch WHERE until > ? ORDER BY since", now.timestamp())
        return [
            Switch(
                FaultName(row["fault"]),
                row["caller"],
                datetime.fromtimestamp(row["since"], UTC),
                datetime.fromtimestamp(row["until"], UTC),
                row["seconds"],
            )
            for row in rows
        ]

    def turn_on(self, switch: Switch) -> None:
        """Turn a switch on, or on again. Raises TooManySwitches."""
        self._run("DELETE FROM switch WHERE until <= ?", switch.since.timestamp())
        if self._run("SELECT count(*) FROM switch")[0][0] >= MAX_SWITCHES:
            raise TooManySwitches
        times = (switch.since.timestamp(), switch.until.timestamp())
        self._run(
            "INSERT OR REPLACE INTO switch VALUES (?, ?, ?, ?, ?)",
            switch.fault,
            switch.caller,
            *times,
            switch.seconds,
        )

    def turn_off(self, fault: FaultName, caller: str) -> None:
        """Turn a switch off."""
        self._run("DELETE FROM switch WHERE fault = ? AND caller = ?", fault, caller)

    def is_strict(self, *, default: bool) -> bool:
        """Whether the strict mode is on; `default` unless somebody switched it."""
        rows = self._run("SELECT strict FROM mode")
        return bool(rows[0]["strict"]) if rows else default

    def set_strict(self, *, strict: bool) -> None:
        """Switch the strict mode on or off."""
        self._run("INSERT OR REPLACE INTO mode VALUES (1, ?)", int(strict))

    def keep(self, request: dict[str, Any]) -> int:
        """Keep a request (a value for each column but `id`); returns its number."""
        marks = ", ".join("?" for _ in _COLUMNS)
        insert = f"INSERT INTO request ({', '.join(_COLUMNS)}) VALUES ({marks}) RETURNING id"  # noqa: S608 - our own names
        [row] = self._run(insert, *(request[name] for name in _COLUMNS))
        number: int = row["id"]
        self._run("DELETE FROM request WHERE id <= ?", number - MAX_REQUESTS)
        return number

    def requests(self, limit: int) -> Sequence[dict[str, Any]]:
        """The latest requests, newest first, without bodies."""
        columns = "id, at, caller, method, path, status, milliseconds, code, faults, replay_of"
        rows = self._run(f"SELECT {columns} FROM request ORDER BY id DESC LIMIT ?", limit)  # noqa: S608 - our own names
        return [dict(row) for row in rows]

    def request(self, number: int) -> dict[str, Any] | None:
        """A request with everything that is kept of it, if it is still kept."""
        rows = self._run("SELECT * FROM request WHERE id = ?", number)
        return dict(rows[0]) if rows else None

    def former(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The last request before this one by the same client, with its method and path."""
        rows = self._run(
            "SELECT * FROM request WHERE client_id IS ? AND method = ? AND path = ? AND id < ? ORDER BY id DESC LIMIT 1",
            request["client_id"],
            request["method"],
            request["path"],
            request["id"],
        )
        return dict(rows[0]) if rows else None
