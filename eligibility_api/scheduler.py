"""Periodic maintenance in a separate process, under the database role `shikaku_jobs`.

It refreshes the revocation mirror, creates and drops partitions of used nonces and of the audit record, deletes
expired counters and batches, and purges what is kept no longer (rules T9, T11). The API answers without it: when it stops,
the mirror goes stale and the API asks OCSP. A failed
task is logged by exception type and place, and retried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx2
import structlog
from sqlalchemy import TextClause, text

from eligibility_api.audit.cosigning import collect
from eligibility_api.audit_log import refusal_store
from eligibility_api.audit_log.acts import record_act
from eligibility_api.batches.store import delete_expired as delete_expired_batches
from eligibility_api.database.connections import Database
from eligibility_api.enrolment.purging import EnrolmentPurge
from eligibility_api.history.purging import purge_medical
from eligibility_api.jlis.client import Jlis
from eligibility_api.key_watch import WatchedFiles, watched_trust
from eligibility_api.merkle_log.notes import VerificationKey
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import FILES, FundKeys, fingerprints, load_keys, load_trust
from eligibility_api.platform.service_metrics import reported_metrics
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import MAINTENANCE
from eligibility_api.presence.mirror import refresh

log = structlog.get_logger()

REFRESHES_PER_MAX_AGE = 4
"""Fetches of the revocation lists within the mirror's maximum age: three in a row can fail."""

STATEMENT_SECONDS = 30.0
"""Statement timeout of the scheduler, but for those over a whole revocation list."""

LOCK_SECONDS = 1.0
"""Lock timeout of the scheduler.

Later lock requests queue behind a waiting one, so it gives up early and retries.
"""

_TASK_SECONDS = 600.0
_MAINTENANCE_SECONDS = 300.0
_PURGE_SECONDS = 3600.0
_RETRY_SECONDS = 5.0
_MAINTAIN_NONCES = text("SELECT maintain_used_nonces()")
_MAINTAIN_RECORD = text("SELECT maintain_audit_record()")
_EXPIRED = {
    "visual_check_count": "hour < now() - interval '1 day'",
    "number_miss": "hour < now() - interval '1 day'",
    "facility_number_miss": "hour < now() - interval '1 day'",
    "second_factor_miss": "hour < now() - interval '1 day'",
    "mismatch_count": "hour < now() - interval '1 day'",
    "lookup_count": "day < current_date - 60",
    "own_access_guess": "hour < now() - interval '1 day'",
    "own_access": "expires_at < now() - interval '1 day'",
    "idempotency": "created_at < now() - interval '7 days'",
    "webhook_delivery": "kept_until < now()",
    "webhook": "deleted_at < now() - interval '1 day'",
}
"""Tables of counters and answers, and which of their rows have expired; an index finds them."""

MAX_DELETED = 1_000
"""Counters deleted in one transaction."""

_KEYS = {"own_access": "access_id"}
"""Tables whose rows are found by their key: the scheduler may not read the rest of them."""

_DELETE_EXPIRED = {
    table: text(f"""
DELETE FROM {table} WHERE {key} = ANY (ARRAY(SELECT {key} FROM {table} WHERE {expired} LIMIT {MAX_DELETED}))
""")  # noqa: S608 - names and numbers of ours
    for table, expired in _EXPIRED.items()
    for key in [_KEYS.get(table, "ctid")]
}


_COSIGNING_SECONDS = 10.0
"""Pause between two requests to each witness of the audit log."""


async def run_maintenance(
    settings: Settings,
    keys: FundKeys,
    database: Database,
    clock: Clock,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> None:
    """Run the periodic tasks until cancelled. Tests pass a `transport` that replaces J-LIS."""
    try:
        async with (
            reported_metrics(),
            httpx2.AsyncClient(base_url=settings.jlis_url, transport=transport) as http,
        ):
            jlis = Jlis(http, keys.jlis_client, clock)
            await asyncio.gather(
                _refresh_mirror_forever(settings, database, jlis, clock),
                _maintain_forever(database),
                _purge_forever(database),
                _record_keys_of_each_change(settings, database, keys),
                _have_cosigned_forever(settings, database),
            )
    finally:
        await database.close()


async def _refresh_mirror_forever(settings: Settings, database: Database, jlis: Jlis, clock: Clock) -> None:
    trust = load_trust(settings)
    watched = watched_trust(settings, trust)
    while True:
        watched.refresh()
        for authority, ca in (watched.content or trust).authentication.items():
            await _attempt("mirror", refresh(database, jlis, ca, authority, clock))
        await asyncio.sleep(settings.revocation_max_age_seconds / REFRESHES_PER_MAX_AGE)


async def _record_keys_of_each_change(settings: Settings, database: Database, keys: FundKeys) -> None:
    """Record with which keys the service was started, and the keys of each change: a file may be exchanged by hand."""
    files = KeyFiles.of(settings)
    watched = WatchedFiles("keys", files.paths(*FILES), lambda: load_keys(files, create=False), keys)
    recorded: dict[str, Any] | None = None
    while True:
        watched.refresh()
        present = watched.content or keys
        if fingerprints(present) != recorded and await _attempt(
            "keys_record", _record_keys(database, present)
        ):
            recorded = fingerprints(present)
        await asyncio.sleep(_RETRY_SECONDS)


async def _record_keys(database: Database, keys: FundKeys) -> None:
    async with database.transaction() as connection:
        await record_act(connection, "keys.loaded", fingerprints(keys))


async def _have_cosigned_forever(settings: Settings, database: Database) -> None:
    """Have the audit log's newest checkpoint cosigned by each witness; one that fails delays no other."""
    addresses = settings.witness_addresses
    await asyncio.gather(*(_have_cosigned_by(key, url, database) for key, url in addresses))


async def _have_cosigned_by(key: VerificationKey, url: str, database: Database) -> None:
    size = 0

    async def ask() -> None:
        nonlocal size
        size = await collect(database, key, url, last_size=size)

    while True:
        await _attempt("cosigning", ask())
        await asyncio.sleep(_COSIGNING_SECONDS)


async def _maintain_forever(database: Database) -> None:
    while True:
        done = [
            await _attempt("partitions", _maintain_partitions(database, _MAINTAIN_NONCES)),
            await _attempt("record_partitions", _maintain_partitions(database, _MAINTAIN_RECORD)),
            await _attempt("counters", _delete_expired_counters(database)),
            await _attempt("batches", _delete_expired_batches(database)),
            await _attempt("refusals", _record_counted_refusals(database)),
        ]
        await asyncio.sleep(_MAINTENANCE_SECONDS if all(done) else _RETRY_SECONDS)


async def _purge_forever(database: Database) -> None:
    """Purge again an hour after the walk over all members has ended; a nation's takes longer than one attempt."""
    members = EnrolmentPurge()
    while True:
        done = [
            await _attempt("members_purge", members.run(database)),
            await _attempt("medical_purge", purge_medical(database)),
        ]
        await asyncio.sleep(_PURGE_SECONDS if all(done) else _RETRY_SECONDS)


async def _maintain_partitions(database: Database, statement: TextClause) -> None:
    async with database.transaction() as connection:
        changes = (await connection.execute(statement)).scalar_one()
    log.info("partitions_maintained", changes=changes)


async def _delete_expired_counters(database: Database) -> None:
    for statement in _DELETE_EXPIRED.values():
        deleted = MAX_DELETED
        while deleted == MAX_DELETED:
            async with database.step() as connection:
                deleted = (await connection.execute(statement)).rowcount


async def _delete_expired_batches(database: Database) -> None:
    deleted = 1
    while deleted:
        async with database.step() as connection:
            deleted = await delete_expired_batches(connection)


async def _record_counted_refusals(database: Database) -> None:
    ended = MAX_DELETED
    while ended == MAX_DELETED:
        async with database.step() as connection:
            ended = await refusal_store.record_ended(connection, MAX_DELETED)


async def _attempt(task: str, work: Awaitable[object]) -> bool:
    """Run one task and return whether it succeeded in time; it is counted, and a failure is logged."""
    # Both counters exist from the first run on: Prometheus sees no missing increase of a counter that is not there.
    done, failed = (MAINTENANCE.labels(task, outcome) for outcome in ("done", "failed"))
    try:
        async with asyncio.timeout(_TASK_SECONDS):
            await work
    except Exception as error:
        code = getattr(error, "code", "")
        log.warning(f"{task}_failed", code=code, cause=type(error).__name__, exc_info=error)
        failed.inc()
        return False
    done.inc()
    return True
