"""Sends requests one after the other to an application in this process, and measures their cost here and in the database."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

from fastapi import FastAPI

from eligibility_api.database.connections import Database


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    def scope(self) -> dict[str, Any]:
        """The ASGI scope, as a server builds it."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
            + [(b"content-length", str(len(self.body)).encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }


@dataclass(frozen=True)
class Cost:
    """The median cost of a kind of request; mean statements, WAL and size of the answer."""

    kind: str
    requests: int
    api_us: float
    database_us: float
    statements: float
    wal_kib: float
    answer_kib: float


@dataclass(frozen=True, slots=True)
class _Reading:
    cpu_ns: int
    backend_ns: int
    statements: int
    wal_bytes: int


class Caller:
    """Sends requests to an application whose hot path has one connection.

    `observer`: another connection, which reads the position of the log between requests.
    """

    def __init__(self, app: FastAPI, database: Database, observer: Database) -> None:
        self._app = app
        self._database = database
        self._observer = observer
        self._backend: Path | None = None
        self._statements = 0
        self._count()

    def _count(self) -> None:
        fetch = self._database.fetch

        async def counted(statement: str, parameters: Any) -> Any:
            self._statements += 1
            return await fetch(statement, parameters)

        self._database.fetch = counted  # type: ignore[method-assign]

    async def read(self) -> _Reading:
        """The totals until now."""
        if self._backend is None:
            [row] = await self._database.fetch("SELECT pg_backend_pid() AS pid", ())
            self._backend = Path(f"/proc/{row['pid']}/schedstat")
        [row] = await self._observer.fetch("SELECT pg_current_wal_insert_lsn() - '0/0' AS wal", ())
        on_cpu = int(self._backend.read_text().split()[0])
        return _Reading(time.process_time_ns(), on_cpu, self._statements, int(row["wal"]))

    async def send(self, request: Request) -> tuple[int, bytes, int]:
        """Status and body of the answer, and this process's processor time for it in nanoseconds."""
        sent: list[dict[str, Any]] = []
        bodies = [{"type": "http.request", "body": request.body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return bodies.pop() if bodies else {"type": "http.disconnect"}

        async def respond(message: Any) -> None:
            sent.append(message)

        scope = request.scope()
        began = time.process_time_ns()
        await self._app(scope, receive, respond)
        cpu_ns = time.process_time_ns() - began
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]), cpu_ns


@dataclass(slots=True)
class _Samples:
    api_ns: list[int] = field(default_factory=list)
    database_ns: list[int] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    wal_bytes: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


class Costs:
    """Costs by kind of request, in the order of their first request."""

    def __init__(self) -> None:
        self._samples: dict[str, _Samples] = {}

    def clear(self) -> None:
        """Forget all costs."""
        self._samples.clear()

    async def measure(self, kind: str, caller: Caller, request: Request) -> dict[str, Any]:
        """Send a request, record its cost, and return its answer, which must be successful."""
        before = await caller.read()
        status, body, api_ns = await caller.send(request)
        after = await caller.read()
        if status >= 300:
            raise RuntimeError(f"{kind}: {status} {body.decode()}")
        samples = self._samples.setdefault(kind, _Samples())
        samples.api_ns.append(api_ns)
        samples.database_ns.append(after.backend_ns - before.backend_ns)
        samples.statements.append(after.statements - before.statements)
        samples.wal_bytes.append(after.wal_bytes - before.wal_bytes)
        samples.sizes.append(len(body))
        return dict(json.loads(body))

    def all(self) -> list[Cost]:
        """The cost of every kind."""
        return [
            Cost(
                kind,
                len(samples.api_ns),
                median(samples.api_ns) / 1000,
                median(samples.database_ns) / 1000,
                mean(samples.statements),
                mean(samples.wal_bytes) / 1024,
                mean(samples.sizes) / 1024,
            )
            for kind, samples in self._samples.items()
        ]
