"""The statements that the fund sends to its database, recorded where they are sent; and their plans, judged.

A recorder sees every statement of every test, so that no statement can be forgotten.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, cast
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncConnection

import eligibility_api
from eligibility_api.database import connections, plans
from eligibility_api.embedded_postgres.cluster import Role
from tests.builders.database import Database
from tests.builders.grown import SMALL, STAGED_REVISION

_SOURCE = str(Path(eligibility_api.__file__).parent)
_BELOW = (
    f"{_SOURCE}/database/",
    f"{_SOURCE}/uploads/staging.py",
    "/sqlalchemy/",
    "/greenlet/",
    "/contextlib.py",
)
"""Files between a statement and the code that it belongs to."""

_PLANNED = re.compile(r"\s*(SELECT|WITH|UPDATE|DELETE|INSERT\b.*\bSELECT\b)", re.IGNORECASE | re.DOTALL)
_STAGED = re.compile(r"\bstaging\.(rows|plan|matches|touched)_\d+")

_NO_SCANS = frozenset({"Bitmap Heap Scan", "Tid Scan", "ModifyTable"})
"""Nodes that name a table and read rows that were found already, or by their places."""

_PARTITION = re.compile(r"_\d{10}$|(?<=^audit_record)_\w+$")
"""What a partition's name has after its table's: an hour, or a class and a month."""

QUEUES = frozenset({"batch_open", "upload_pending", "claim_file_pending"})
"""Partial indexes of pending work only: read as a whole."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: the place that sends it, the role, and its settings besides those of the session."""

    place: str
    role: Role
    text: str
    settings: tuple[str, ...] = ()

    @property
    def reads_whole_file(self) -> bool:
        return _BEGIN_WHOLE_FILE in self.settings


_JOIN_AS_WRITTEN = str(plans._JOIN_AS_WRITTEN)
_BEGIN_WHOLE_FILE = str(plans._BEGIN_WHOLE_FILE)
_END_WHOLE_FILE = str(plans._END_WHOLE_FILE)


_PLACE: ContextVar[str | None] = ContextVar("place", default=None)
"""The place of the statement that SQLAlchemy executes, in a greenlet that does not know its caller."""


class Recorder:
    """Records the statements that the fund's code sends while it is installed; each once."""

    def __init__(self) -> None:
        self.statements: dict[Statement, None] = {}

    def install(self) -> None:
        """Record from now on, until the process ends."""
        event.listen(Engine, "before_cursor_execute", self._on_execute)
        event.listen(Engine, "begin", _on_begin)
        fetch = connections.Database.fetch

        async def recording(database: connections.Database, statement: str, parameters: Sequence[Any]) -> Any:
            user = urlsplit(database._servers._dsns[0]).username
            self._record(_place(sys._getframe(1)), user, statement, ())
            return await fetch(database, statement, parameters)

        execute = AsyncConnection.execute

        async def executing(connection: AsyncConnection, *arguments: Any, **options: Any) -> Any:
            token = _PLACE.set(_place(sys._getframe(1)))
            try:
                return await execute(connection, *arguments, **options)
            finally:
                _PLACE.reset(token)

        AsyncConnection.execute = executing  # type: ignore[method-assign, assignment]
        connections.Database.fetch = recording  # type: ignore[method-assign, assignment]

    def _on_execute(self, connection: Connection, _: Any, statement: str, *__: Any) -> None:
        settings: list[str] = connection.info.setdefault("settings", [])
        if statement in {_JOIN_AS_WRITTEN, _BEGIN_WHOLE_FILE}:
            settings.append(statement)
        elif statement == _END_WHOLE_FILE:
            settings.remove(_BEGIN_WHOLE_FILE)
        else:
            user = cast(Any, connection.connection.driver_connection)._params.user
            self._record(_PLACE.get(), user, statement, tuple(settings))

    def _record(self, place: str | None, user: str | None, text: str, settings: tuple[str, ...]) -> None:
        if place is not None and user is not None and _PLANNED.match(text):
            role = cast(Role, user.removeprefix("shikaku_"))
            self.statements[Statement(place, role, _STAGED.sub(_first_staging, text), settings)] = None


def _on_begin(connection: Connection) -> None:
    connection.info["settings"] = []


def _first_staging(found: re.Match[str]) -> str:
    return f"staging.{found[1]}_{STAGED_REVISION}"


def _place(frame: FrameType | None) -> str | None:
    """The file and function that a statement belongs to; None if a test sent it."""
    while frame is not None and any(part in frame.f_code.co_filename for part in _BELOW):
        frame = frame.f_back
    if frame is None or not frame.f_code.co_filename.startswith(_SOURCE):
        return None
    return f"{frame.f_code.co_filename.removeprefix(_SOURCE)[1:]}::{frame.f_code.co_qualname}"


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a plan, and the nodes above it, the nearest first."""

    values: Mapping[str, Any]
    above: tuple[Mapping[str, Any], ...]

    @property
    def table(self) -> str | None:
        """The table that it scans. Partitions have the name of the partitioned one."""
        name = self.values.get("Relation Name")
        if name is None and self.values["Node Type"] == "Bitmap Index Scan":
            name = self.above[0].get("Relation Name") or "?"
        return re.sub(_PARTITION, "", name) if name is not None else None

    def fault(self, first_columns: Mapping[str, str]) -> str | None:
        """Why it does not find rows by keys; None if it does. `first_columns` is each index's first column."""
        kind, table = self.values["Node Type"], self.table
        if table is None or table in SMALL or table.startswith("pg_") or table.endswith("_seq"):
            return None
        if kind in _NO_SCANS:
            return None
        if "Index" not in kind:
            return f"{kind} on {table}"
        index = self.values["Index Name"]
        if re.search(rf"(?<!\w){re.escape(first_columns[index])}(?!\w)", self.values.get("Index Cond", "")):
            return None
        first_rows = self.above[:1] and self.above[0]["Node Type"] == "Limit" and "Filter" not in self.values
        return None if index in QUEUES or first_rows else f"{kind} of the whole {index}"


def nodes(plan: Mapping[str, Any], above: tuple[Mapping[str, Any], ...] = ()) -> Iterator[Node]:
    """All nodes of a plan."""
    yield Node(plan, above)
    for below in plan.get("Plans", ()):
        yield from nodes(below, (plan, *above))


def faults(statement: Statement, plan: Mapping[str, Any], first_columns: Mapping[str, str]) -> list[str]:
    """Why a plan does not find its rows by keys, whatever the statistics say.

    A statement over a whole file says so, and then reads nothing but the file's staging tables.
    """
    found = list(nodes(plan))
    if statement.reads_whole_file:
        tables = {node.table for node in found if node.table is not None}
        return [f"{table} beside a whole file" for table in sorted(tables) if not _is_staged(table)]
    return [
        fault
        for node in found
        if node.table not in _OF_TRANSACTION and (fault := node.fault(first_columns)) is not None
    ]


_OF_TRANSACTION = frozenset({"conflict", "listed"})
"""Temporary tables, of which a statement may read everything."""


def _is_staged(table: str) -> bool:
    return table in _OF_TRANSACTION or _STAGED.fullmatch(f"staging.{table}") is not None


_TEMPORARY = """
CREATE TEMPORARY TABLE IF NOT EXISTS conflict (row bigint, code text);
CREATE TEMPORARY TABLE IF NOT EXISTS listed (serial bytea PRIMARY KEY, status text, revoked_at timestamptz);
"""


_FIRST_COLUMNS = "SELECT c.relname, pg_get_indexdef(c.oid, 1, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"


class Planner:
    """Plans statements in a database: in one session of each role, since to open one takes longer than to plan."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sessions: dict[Role, asyncpg.Connection] = {}
        self._first_columns: dict[str, str] = {}

    async def faults(self, statements: Iterable[Statement]) -> list[str]:
        """The faults of the statements' plans, each with its place."""
        found: list[str] = []
        for statement in statements:
            session = await self._session(statement.role)
            plan = await _plan(session, statement)
            if not _indexes(plan) <= self._first_columns.keys():  # as after a new partition
                self._first_columns = dict(await session.fetch(_FIRST_COLUMNS))
            found += [
                f"{statement.place} ({statement.role}): {fault}"
                for fault in faults(statement, plan, self._first_columns)
            ]
        return found

    async def close(self) -> None:
        """Close the sessions."""
        for session in self._sessions.values():
            await session.close()

    async def _session(self, role: Role) -> asyncpg.Connection:
        if role not in self._sessions:
            session = await asyncpg.connect(self._database.dsn(role), server_settings=plans.SESSION_SETTINGS)
            self._sessions[role] = session
            if role == "jobs":
                await session.execute(_TEMPORARY)
        return self._sessions[role]


def _indexes(plan: Mapping[str, Any]) -> set[str]:
    return {node.values["Index Name"] for node in nodes(plan) if "Index Name" in node.values}


async def plan_faults(database: Database, statements: Iterable[Statement]) -> list[str]:
    """The faults of the statements' plans in a database, each with its place."""
    planner = Planner(database)
    try:
        return await planner.faults(statements)
    finally:
        await planner.close()


async def _plan(session: asyncpg.Connection, statement: Statement) -> Mapping[str, Any]:
    """The generic plan, as a connection of the fund would have it."""
    parameters = max((int(number) for number in re.findall(r"\$(\d+)", statement.text)), default=0)
    arguments = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    async with session.transaction():
        for setting in statement.settings:
            await session.execute(setting)
        await session.execute(f"PREPARE planned AS {statement.text}")
        text = await session.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE planned {arguments}")
        await session.execute("DEALLOCATE planned")
    [explained] = json.loads(text)
    plan: Mapping[str, Any] = explained["Plan"]
    return plan
