"""The revocation mirror: J-LIS's lists, believed and copied into the database, so that the hot statement can ask.

Run by the keeper alone, as the role `batch`. A list that is not believed changes nothing; the mirror then ages, and
once it is stale the API turns to OCSP.
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

log = structlog.get_logger()

_ROWS_AT_ONCE = 5_000

_KNOWN = text("SELECT crl_number, crl_sha256 FROM authority WHERE authority = :authority FOR UPDATE")

# The instant of a check is the database's: freshness is held against the same clock. `asked` is how long ago the
# list was asked for, so that the time on the way counts against it.
_CHECKED = text("""
INSERT INTO authority (authority, crl_number, crl_sha256, this_update, next_update, checked_at)
VALUES (:authority, :number, :sha256, :this_update, :next_update, clock_timestamp() - CAST(:age AS interval))
ON CONFLICT (authority) DO UPDATE SET crl_number = excluded.crl_number, crl_sha256 = excluded.crl_sha256,
    this_update = excluded.this_update, next_update = excluded.next_update, checked_at = excluded.checked_at
""")

_STAGE = text(
    "CREATE TEMPORARY TABLE listed (serial bytea, status text, revoked_at timestamptz) ON COMMIT DROP"
)
_LIST = text("INSERT INTO listed VALUES (:serial, :status, :revoked_at)")
_ADD = text("""
INSERT INTO revoked (authority, serial, status, revoked_at)
SELECT :authority, serial, status, revoked_at FROM listed
ON CONFLICT (authority, serial) DO UPDATE SET status = excluded.status, revoked_at = excluded.revoked_at
    WHERE (revoked.status, revoked.revoked_at) IS DISTINCT FROM (excluded.status, excluded.revoked_at)
""")
_DROP = text("""
DELETE FROM revoked r WHERE r.authority = :authority
    AND NOT EXISTS (SELECT FROM listed l WHERE l.serial = r.serial)
""")


def _rows(authority: bytes, believed: RevocationList) -> Iterator[dict[str, object]]:
    for entry in believed.entries():
        serial = CertificateId(authority, entry.serial).serial_bytes
        yield {"serial": serial, "status": entry.status.value, "revoked_at": entry.revoked_at}


def _by_thousands(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        yield part


async def refresh(
    database: Database, jlis: Jlis, ca: x509.Certificate, authority: bytes, clock: Clock
) -> bool:
    """Fetch one authority's list and mirror it. Whether it was believed; why not is in the journal."""
    asked_at = clock()
    try:
        der = await jlis.crl(authority)
        async with database.transaction() as connection:
            known = await _known(connection, authority)
            believed = validate_crl(der, ca, now=clock(), known=known)
            await _copy(connection, authority, believed, known, age=max(clock() - asked_at, timedelta()))
    except RevocationDataRejected as reason:
        log.warning("crl_not_believed", authority=authority.hex()[:16], reason=str(reason))
        return False
    return True


async def _known(connection: AsyncConnection, authority: bytes) -> MirroredList | None:
    row = (await connection.execute(_KNOWN, {"authority": authority})).one_or_none()
    return MirroredList(int(row.crl_number), row.crl_sha256) if row is not None else None


async def _copy(
    connection: AsyncConnection,
    authority: bytes,
    believed: RevocationList,
    known: MirroredList | None,
    *,
    age: timedelta,
) -> None:
    checked = {
        "authority": authority,
        "number": believed.number,
        "sha256": believed.sha256,
        "this_update": believed.this_update,
        "next_update": believed.next_update,
        "age": age,
    }
    await connection.execute(_CHECKED, checked)
    if known is not None and known.number == believed.number:
        return
    await connection.execute(_STAGE)
    entries = 0
    for rows in _by_thousands(_rows(authority, believed)):
        await connection.execute(_LIST, rows)
        entries += len(rows)
    await connection.execute(_DROP, {"authority": authority})
    await connection.execute(_ADD, {"authority": authority})
    log.info("crl_mirrored", authority=authority.hex()[:16], crl_number=believed.number, entries=entries)
