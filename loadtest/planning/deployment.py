"""The measured deployment: its memory, its connections, its table sizes, the validity of its tokens."""

from __future__ import annotations

import json
from dataclasses import dataclass

from loadtest.errors import LoadError
from loadtest.machine import processes
from loadtest.machine.costs import API, DATABASE
from loadtest.planning.meter import Meter
from loadtest.target import TargetEnvironment

_SETTINGS = """
SELECT name, setting::bigint * CASE unit WHEN '8kB' THEN 8192 ELSE 1 END AS value FROM pg_settings
WHERE name IN ('shared_buffers', 'max_connections', 'superuser_reserved_connections', 'reserved_connections')
"""
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_ENROLMENTS = """
SELECT count(*) AS versions,
       pg_total_relation_size('enrolment') + pg_total_relation_size('entitlement') AS bytes,
       pg_indexes_size('enrolment') + pg_indexes_size('entitlement') AS index_bytes
FROM enrolment
"""
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Deployment:
    """Properties that do not depend on the load. Memory is unshared, in MiB; connections are maxima.

    `worker_…`: of one API worker; `session_mib`: of one PostgreSQL session; `other_…`: scheduler, job runner,
    supervisor and commands; `reserved_connections`: those of `max_connections` that PostgreSQL reserves for
    its superuser. `pool_connections`: those of a worker that its checks use. `enrolment_bytes`: one row with
    its indexes and its share of the entitlement's; `enrolment_index_bytes`: the indexes' part of them.
    """

    workers: int
    worker_mib: float
    session_mib: float
    other_mib: float
    shared_buffers_mib: float
    pool_connections: int
    worker_connections: int
    other_connections: int
    reserved_connections: int
    max_connections: int
    token_seconds: float
    enrolment_bytes: float
    enrolment_index_bytes: float


async def inspect_deployment(target: TargetEnvironment, meter: Meter, token_seconds: float) -> Deployment:
    """Read all properties of the running deployment. Raises LoadError, asyncpg's errors."""
    maxima = json.loads(target.run("eligibility-api", ("db-connections", "--workers", "1")))
    settings = {row["name"]: row["value"] for row in await meter.query(_SETTINGS)}
    sessions = {row["pid"] for row in await meter.query(_SESSIONS)}
    [enrolments] = await meter.query(_ENROLMENTS)
    kinds = meter.processes()
    memory = {pid: processes.unshared_mib(pid) for pid in kinds}
    workers = [memory[pid] for pid, kind in kinds.items() if kind == API]
    of_sessions = [memory[pid] for pid, kind in kinds.items() if kind == DATABASE and pid in sessions]
    if not workers or not of_sessions:
        raise LoadError("the API workers or their database sessions have ended")
    return Deployment(
        workers=len(workers),
        worker_mib=max(workers),
        session_mib=sum(of_sessions) / len(of_sessions),
        other_mib=sum(memory.values()) - sum(workers) - sum(of_sessions),
        shared_buffers_mib=settings["shared_buffers"] / _MIB,
        pool_connections=maxima["api_worker_pool"],
        worker_connections=maxima["api_worker"],
        other_connections=maxima["total"] - maxima["api_worker"],
        reserved_connections=settings["superuser_reserved_connections"]
        + settings.get("reserved_connections", 0),
        max_connections=settings["max_connections"],
        token_seconds=token_seconds,
        enrolment_bytes=enrolments["bytes"] / max(1, enrolments["versions"]),
        enrolment_index_bytes=enrolments["index_bytes"] / max(1, enrolments["versions"]),
    )
