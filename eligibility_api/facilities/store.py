"""SQL of institutions, insurers and their clients."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey
from sqlalchemy import ARRAY, Text, any_, exists, func, insert, literal, null, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.acts import record_act, record_acts
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.tables import Client, Facility, Insurer
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.database.coalescing import Coalesced
from eligibility_api.database.columns import table_of
from eligibility_api.database.connections import Database
from eligibility_api.domain.admission import Admission
from eligibility_api.domain.client_certificates import with_certificate
from eligibility_api.platform.sql import Statement

CLIENT = table_of(Client)
FACILITY = table_of(Facility)
INSURER = table_of(Insurer)


@dataclass(frozen=True, slots=True)
class AdmittedFacility:
    """An admitted facility: its kind, and whether it was closed."""

    kind: FacilityKind
    closed: bool


@dataclass(frozen=True, slots=True)
class AdmittedClient:
    """An admitted client: its identity and rights, and the public key of its assertions."""

    caller: Caller
    public_key: dict[str, Any]
    certificates: tuple[str, ...] = ()
    """The thumbprints of its admitted client certificates, newest last."""
    next_public_key: dict[str, Any] | None = None
    """A newer key, while both are accepted."""

    @property
    def public_keys(self) -> list[dict[str, Any]]:
        """The keys whose assertions are accepted, newest first."""
        return [key for key in (self.next_public_key, self.public_key) if key is not None]


_FIND_CLIENT = Statement.of("""
SELECT c.client_id, c.institution_code, c.insurer_number, c.rights, c.public_key, c.next_public_key, c.certificates
FROM client c LEFT JOIN facility f USING (institution_code)
WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
""")

_FIND_CLIENTS = Statement.of("""
SELECT a.place, c.client_id, c.institution_code, c.insurer_number, c.rights, c.public_key, c.next_public_key, c.certificates
FROM unnest(:client_id::uuid[]) WITH ORDINALITY AS a (client_id, place)
JOIN client c ON c.client_id = a.client_id AND c.closed_at IS NULL
LEFT JOIN facility f USING (institution_code)
WHERE f.closed_at IS NULL
""")

FIND_CLIENTS = Coalesced("client", _FIND_CLIENT, _FIND_CLIENTS)
"""The client with an id, unless it or its facility was closed."""

# Stored under the ends of this hour and of the next one, whatever the assertion's own expiry. Two uses within an
# hour share one of the two keys, and no assertion is valid for longer than that.
_USE_ASSERTION = Statement.of("""
INSERT INTO used_nonce (expires_at, id)
SELECT date_trunc('hour', now()) + ends * interval '1 hour', :digest FROM generate_series(1, 2) ends
ON CONFLICT DO NOTHING RETURNING true AS done
""")

_USE_ASSERTIONS = Statement.of("""
WITH asked AS MATERIALIZED (
    SELECT digest, place, row_number() OVER (PARTITION BY digest ORDER BY place) AS nth
    FROM unnest(:digest::bytea[]) WITH ORDINALITY AS a (digest, place)
),
-- In the order of keys, so that no two statements can deadlock.
used AS (
    INSERT INTO used_nonce (expires_at, id)
    SELECT date_trunc('hour', now()) + ends * interval '1 hour', digest FROM asked CROSS JOIN generate_series(1, 2) ends
    WHERE nth = 1
    ORDER BY ends, digest
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT a.place, true AS done FROM used u JOIN asked a ON a.digest = u.id AND a.nth = 1
""")

USE_ASSERTIONS = Coalesced("assertion", _USE_ASSERTION, _USE_ASSERTIONS)
"""Uses an assertion: two rows at its first use, fewer later."""


async def find_client(database: Database, client_id: UUID) -> AdmittedClient | None:
    """Return the client with this id, unless it or its facility was closed."""
    rows = await database.fetch_together(FIND_CLIENTS, {"client_id": client_id})
    if not rows:
        return None
    [row] = rows
    rights = frozenset(Right(right) for right in row["rights"])
    caller = Caller(row["client_id"], row["institution_code"], row["insurer_number"], rights)
    following = row["next_public_key"]
    return AdmittedClient(
        caller,
        json.loads(row["public_key"]),
        tuple(row["certificates"]),
        None if following is None else json.loads(following),
    )


async def is_known(connection: AsyncConnection, client_id: UUID) -> bool:
    """Whether a client with this id was ever admitted."""
    return bool(
        (await connection.execute(select(exists().where(CLIENT.c.client_id == client_id)))).scalar_one()
    )


async def use_assertion(database: Database, digest: bytes) -> bool:
    """Mark an assertion as used and return whether this was its first use. `digest` identifies it."""
    return len(await database.fetch_together(USE_ASSERTIONS, {"digest": digest})) == 2


async def find_facilities(
    connection: AsyncConnection, institution_codes: Sequence[str]
) -> dict[str, AdmittedFacility]:
    """Return existing facilities, open or closed, by institution code."""
    wanted = any_(literal(list(institution_codes), ARRAY(Text)))
    rows = await connection.execute(select(FACILITY).where(FACILITY.c.institution_code == wanted))
    return {
        row.institution_code: AdmittedFacility(FacilityKind(row.kind), row.closed_at is not None)
        for row in rows
    }


async def add_facilities(connection: AsyncConnection, admissions: Sequence[Admission]) -> None:
    """Add facilities, each with its audit record."""
    values = [
        {"institution_code": admission.institution_code, "name": admission.name, "kind": admission.kind.value}
        for admission in admissions
    ]
    if values:
        await connection.execute(insert(FACILITY), values)
    records = [
        {
            "institution_code": admission.institution_code,
            "facility_kind": admission.kind.value,
            "detail": {"name": admission.name},
        }
        for admission in admissions
    ]
    await record_acts(connection, "admission.facility", records)


async def close_facility(connection: AsyncConnection, institution_code: str) -> bool:
    """Close a facility and all its terminals, for good. Returns whether an open facility existed."""
    statement = (
        update(FACILITY)
        .where(FACILITY.c.institution_code == institution_code, FACILITY.c.closed_at.is_(None))
        .values(closed_at=func.clock_timestamp())
        .returning(FACILITY.c.kind, FACILITY.c.name)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return False
    named = {"institution_code": institution_code, "facility_kind": row.kind}
    await record_act(connection, "admission.facility-end", {"name": row.name}, **named)
    return True


async def add_insurers(connection: AsyncConnection, names: Mapping[str, str]) -> None:
    """Add insurers, or change the names of existing ones; later enrolments carry the new name."""
    statement = upsert(INSURER)
    statement = statement.on_conflict_do_update(
        index_elements=["insurer_number"], set_={"name": statement.excluded.name}
    )
    values = [{"insurer_number": insurer_number, "name": name} for insurer_number, name in names.items()]
    await connection.execute(statement, values)


async def add_clients(connection: AsyncConnection, clients: Sequence[AdmittedClient]) -> None:
    """Admit clients with their public keys."""
    values = [
        {
            "client_id": client.caller.client_id,
            "institution_code": client.caller.institution_code,
            "insurer_number": client.caller.insurer_number,
            "rights": sorted(client.caller.rights),
            "public_key": client.public_key,
        }
        for client in clients
    ]
    await connection.execute(insert(CLIENT), values)


async def close_client(connection: AsyncConnection, client_id: UUID) -> bool:
    """Withdraw a client's admission. Returns whether the client was admitted."""
    statement = (
        update(CLIENT)
        .where(CLIENT.c.client_id == client_id, CLIENT.c.closed_at.is_(None))
        .values(closed_at=func.clock_timestamp())
        .returning(CLIENT.c.institution_code, CLIENT.c.insurer_number, CLIENT.c.rights)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return False
    rights = frozenset(Right(right) for right in row.rights)
    await record(
        connection, "admission.end", Caller(client_id, row.institution_code, row.insurer_number, rights)
    )
    return True


async def admit_certificate(
    connection: AsyncConnection, client_id: UUID, thumbprint: str, *, only: bool
) -> bool:
    """Admit a client certificate (see `with_certificate`). Returns whether the client was admitted."""
    found = select(CLIENT).where(CLIENT.c.client_id == client_id, CLIENT.c.closed_at.is_(None))
    row = (await connection.execute(found.with_for_update())).one_or_none()
    if row is None:
        return False
    certificates = with_certificate(row.certificates, thumbprint, only=only)
    changed = update(CLIENT).where(CLIENT.c.client_id == client_id)
    await connection.execute(changed.values(certificates=certificates))
    named = {
        "client_id": client_id,
        "institution_code": row.institution_code,
        "insurer_number": row.insurer_number,
    }
    await record_act(connection, "admission.certificate", {"certificates": certificates}, **named)
    return True


async def lock_client(connection: AsyncConnection, client_id: UUID) -> AdmittedClient | None:
    """The client with this id, locked until the transaction ends, unless it was closed."""
    found = select(CLIENT).where(CLIENT.c.client_id == client_id, CLIENT.c.closed_at.is_(None))
    row = (await connection.execute(found.with_for_update())).one_or_none()
    if row is None:
        return None
    rights = frozenset(Right(right) for right in row.rights)
    caller = Caller(row.client_id, row.institution_code, row.insurer_number, rights)
    return AdmittedClient(caller, row.public_key, tuple(row.certificates), row.next_public_key)


async def admit_key(
    connection: AsyncConnection, client: AdmittedClient, public_key: dict[str, Any], *, only: bool
) -> None:
    """Admit a newer key of a locked client: the newest before it stays accepted, unless `only` that one is."""
    keys: dict[str, Any] = {"public_key": public_key, "next_public_key": null()}
    if not only:
        keys = {"public_key": client.public_keys[0], "next_public_key": public_key}
    changed = update(CLIENT).where(CLIENT.c.client_id == client.caller.client_id)
    await connection.execute(changed.values(**keys))
    caller = client.caller
    named = {
        "client_id": caller.client_id,
        "institution_code": caller.institution_code,
        "insurer_number": caller.insurer_number,
    }
    await record_act(connection, "admission.key", {"key": thumbprint(public_key), "only": only}, **named)


def thumbprint(public_key: dict[str, Any]) -> str:
    """A key's name (RFC 7638)."""
    return ECKey.import_key(public_key).thumbprint()


async def record(connection: AsyncConnection, kind: str, *callers: Caller) -> None:
    """Append admissions or their ends to the audit record."""
    records = [
        {
            "client_id": caller.client_id,
            "institution_code": caller.institution_code,
            "insurer_number": caller.insurer_number,
            "detail": {"rights": sorted(caller.rights)},
        }
        for caller in callers
    ]
    await record_acts(connection, kind, records)
