"""The revocation mirror: J-LIS's CRLs, validated and copied to the database for the proof query.

Refreshed only by the scheduler, as the role `shikaku_jobs`. A rejected list changes nothing; the mirror then
ages, and once it is stale the API falls back to OCSP.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import structlog
from cryptography import x509
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.database.connections import Database
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.revocation import (
    MirroredList,
    RevocationDataRejected,
    RevocationList,
    validate_crl,
)
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.telemetry import LIST_CHECKED

log = structlog.get_logger()

_BATCH_ROWS = 5_000

_KNOWN = text("SELECT crl_number, crl_sha256 FROM authority WHERE authority = :authority FOR UPDATE")

# The instant of a check is the database's, since freshness is judged by the same clock. `age` is the time
# since the list was requested, so that the transfer counts against its freshness.
_CHECKED = text("""
INSERT INTO authority (authority, crl_number, crl_sha256, this_update, next_update, expired_since, checked_at)
VALUES (:authority, :number, :sha256, :this_update, :next_update, :expired_since,
        clock_timestamp() - CAST(:age AS interval))
ON CONFLICT (authority) DO UPDATE SET crl_number = excluded.crl_number, crl_sha256 = excluded.crl_sha256,
    this_update = excluded.this_update, next_update = excluded.next_update, expired_since = excluded.expired_since,
    checked_at = excluded.checked_at
""")

_STAGE = text("""
CREATE TEMPORARY TABLE listed (serial bytea PRIMARY KEY, status text, revoked_at timestamptz) ON COMMIT DROP
""")
_LIST = text("INSERT INTO listed VALUES (:serial, :status, :revoked_at)")

# A national list is compared chunk by chunk, each entry by its key. Of the lists of two days, few entries differ.
_DROP = text("""
WITH chunk AS MATERIALIZED (
    SELECT serial FROM revoked_certificate
    WHERE authority = :authority AND serial > :after ORDER BY serial LIMIT :chunk
), dropped AS (
    DELETE FROM revoked_certificate r USING chunk c WHERE r.authority = :authority AND r.serial = c.serial
        AND NOT EXISTS (SELECT FROM listed l WHERE l.serial = c.serial)
)
SELECT serial FROM chunk ORDER BY serial DESC LIMIT 1
""")
_ADD = text("""
WITH chunk AS MATERIALIZED (
    SELECT serial, status, revoked_at FROM listed WHERE serial > :after ORDER BY serial LIMIT :chunk
), added AS (
    INSERT INTO revoked_certificate AS r (authority, serial, status, revoked_at)
    SELECT :authority, c.serial, c.status, c.revoked_at
    FROM chunk c
    LEFT JOIN LATERAL (
        SELECT k.status, k.revoked_at FROM revoked_certificate k
        WHERE k.authority = :authority AND k.serial = c.serial LIMIT 1
    ) k ON true
    WHERE (k.status, k.revoked_at) IS DISTINCT FROM (c.status, c.revoked_at)
    ON CONFLICT (authority, serial) DO UPDATE SET status = excluded.status, revoked_at = excluded.revoked_at
)
SELECT serial FROM chunk ORDER BY serial DESC LIMIT 1
""")


def _rows(authority: bytes, accepted: RevocationList) -> Iterator[dict[str, object]]:
    for entry in accepted.entries():
        serial = CertificateId(authority, entry.serial).serial_bytes
        yield {"serial": serial, "status": entry.status.value, "revoked_at": entry.revoked_at}


def _batches(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    while batch := list(islice(rows, _BATCH_ROWS)):
        yield batch


async def refresh(
    database: Database, jlis: Jlis, ca: x509.Certificate, authority: bytes, clock: Clock
) -> bool:
    """Fetch and mirror one authority's CRL. Returns False, and logs the reason, if the list is rejected."""
    requested_at = clock()
    try:
        der = await jlis.crl(authority)
        async with database.transaction() as connection:
            known = await _known(connection, authority)
            accepted = validate_crl(der, ca, now=clock(), known=known)
            await _copy(connection, authority, accepted, known, age=max(clock() - requested_at, timedelta()))
    except RevocationDataRejected as reason:
        log.warning("crl_rejected", authority=authority.hex()[:16], reason=str(reason))
        return False
    LIST_CHECKED.labels(authority.hex()[:16]).set(requested_at.timestamp())
    return True


async def _known(connection: AsyncConnection, authority: bytes) -> MirroredList | None:
    row = (await connection.execute(_KNOWN, {"authority": authority})).one_or_none()
    return MirroredList(int(row.crl_number), row.crl_sha256) if row is not None else None


async def _copy(
    connection: AsyncConnection,
    authority: bytes,
    accepted: RevocationList,
    known: MirroredList | None,
    *,
    age: timedelta,
) -> None:
    checked = {
        "authority": authority,
        "number": accepted.number,
        "sha256": accepted.sha256,
        "this_update": accepted.this_update,
        "next_update": accepted.next_update,
        "expired_since": accepted.expired_since,
        "age": age,
    }
    await connection.execute(_CHECKED, checked)
    if known is not None and known.number == accepted.number:
        return
    await connection.execute(_STAGE)
    entries = 0
    for rows in _batches(_rows(authority, accepted)):
        await connection.execute(_LIST, rows)
        entries += len(rows)
    for statement in (_DROP, _ADD):
        after: bytes | None = b""
        while after is not None:
            chunk = {"authority": authority, "after": after, "chunk": _BATCH_ROWS}
            after = (await connection.execute(statement, chunk)).scalar_one_or_none()
    log.info("crl_mirrored", authority=authority.hex()[:16], crl_number=accepted.number, entries=entries)
