"""The house as it stands after it was asked: its memory, its connections, the life of its tokens."""

from __future__ import annotations

import json

from loadtest.machine import processes
from loadtest.machine.costs import API, DATABASE
from loadtest.planning.deployment import House
from loadtest.planning.meter import Meter
from loadtest.target import LoadError, TargetEnvironment

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


async def survey(target: TargetEnvironment, meter: Meter, token_seconds: float) -> House:
    """Everything that is true of the house. Raises LoadError, asyncpg's errors."""
    allowed = json.loads(target.run("eligibility-api", ("connections", "--workers", "1")))
    settings = {row["name"]: row["value"] for row in await meter.ask(_SETTINGS)}
    sessions = {row["pid"] for row in await meter.ask(_SESSIONS)}
    [enrolments] = await meter.ask(_ENROLMENTS)
    kinds = meter.processes()
    memory = {pid: processes.unshared_mib(pid) for pid in kinds}
    workers = [memory[pid] for pid, kind in kinds.items() if kind == API]
    of_sessions = [memory[pid] for pid, kind in kinds.items() if kind == DATABASE and pid in sessions]
    if not workers or not of_sessions:
        raise LoadError("the API's workers or their sessions at the database are gone")
    return House(
        workers=len(workers),
        worker_mib=max(workers),
        session_mib=sum(of_sessions) / len(of_sessions),
        other_mib=sum(memory.values()) - sum(workers) - sum(of_sessions),
        shared_buffers_mib=settings["shared_buffers"] / _MIB,
        pool_connections=allowed["of_them_for_checks"],
        worker_connections=allowed["api_worker"],
        other_connections=allowed["total"] - allowed["api_worker"],
        reserved_connections=settings["superuser_reserved_connections"]
        + settings.get("reserved_connections", 0),
        max_connections=settings["max_connections"],
        token_seconds=token_seconds,
        enrolment_bytes=enrolments["bytes"] / max(1, enrolments["versions"]),
        enrolment_index_bytes=enrolments["index_bytes"] / max(1, enrolments["versions"]),
    )
