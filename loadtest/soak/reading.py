"""What is read after each phase, when nothing is under way: memory, open files, connections, disk."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg

from loadtest.database.dsn import DatabaseUnreachable, external_dsn, operator_dsn
from loadtest.errors import LoadError
from loadtest.machine import processes
from loadtest.machine.costs import DATABASE
from loadtest.machine.roles import COORDINATOR, ProcessRoles
from loadtest.target import TargetEnvironment

_TIMEOUT_S = 30.0
_CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The state after a phase.

    `memory_mib` and `open_files`: by kind of process; `connections`: of the database; `disk_bytes`: of the fund's
    folder, in which its database is; `answered`: checks since the beginning of the soak.
    """

    at_s: float
    memory_mib: Mapping[str, float]
    open_files: Mapping[str, int]
    connections: int
    disk_bytes: int
    answered: int

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return asdict(self)


async def read(target: TargetEnvironment, at_s: float, answered: int) -> Reading:
    """Read everything. Raises LoadError if the database cannot be asked."""
    environment = target.environment
    roles = ProcessRoles(
        target.fund_url,
        target.fund_home,
        external_dsn(environment),
        environment.get("FUND_JLIS_URL"),
        dict,
        os.getpid(),
    )
    memory: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for pid, kind in roles.find().items():
        if kind != COORDINATOR:
            memory[kind] += processes.unshared_mib(pid)  # type: ignore[assignment]
            files[kind] += processes.open_files(pid)
    del files[DATABASE]  # its processes are its connections, which are counted
    shown = {kind: round(mib, 1) for kind, mib in sorted(memory.items())}
    return Reading(
        round(at_s, 1),
        shown,
        dict(sorted(files.items())),
        await _connections(target),
        folder_bytes(target.fund_home),
        answered,
    )


async def _connections(target: TargetEnvironment) -> int:
    try:
        connection = await asyncpg.connect(operator_dsn(target.environment), timeout=_TIMEOUT_S)
    except (DatabaseUnreachable, OSError, asyncpg.PostgresError) as error:
        raise LoadError(f"the database's connections cannot be read: {error}") from error
    try:
        return int(await connection.fetchval(_CONNECTIONS))
    finally:
        await connection.close(timeout=_TIMEOUT_S)


def folder_bytes(folder: Path) -> int:
    """The space that all files of a folder take on the disk. A file that has gone meanwhile takes none."""
    total = 0
    for path, _, names in os.walk(folder, onerror=None):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512  # noqa: PTH118 - a walk over many files
            except OSError:
                continue
    return total
