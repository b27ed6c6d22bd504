"""Insurers whose stored number is another spelling of an insurer number: found, and joined to the canonical one.

Earlier versions of the fund took 00138057 and 138057 for two insurers. What was answered stays as it was: the
members of the other spelling are not rewritten, their current periods are closed and opened anew under the
canonical number, by one revision, with the facilities' reference numbers for them. Claims and check-ups only name a
membership; they change their number, as uploads do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.acts import record_act
from eligibility_api.contract import identifiers
from eligibility_api.enrolment import store
from eligibility_api.enrolment.confirmations import CARRY_UNLINKED
from eligibility_api.files.store import PUBLICATION_LEAD
from eligibility_api.platform.errors import OperatorError

_CHUNK = 1_000

_INSURERS = text(
    "SELECT insurer_number, name FROM insurer WHERE insurer_number > :after ORDER BY insurer_number LIMIT 1000"
)
_ADMIT = text("""
INSERT INTO insurer (insurer_number, name) SELECT :kept, name FROM insurer WHERE insurer_number = :former
ON CONFLICT DO NOTHING
""")
_PENDING = text("""
SELECT EXISTS (SELECT FROM upload WHERE insurer_number IN (:former, :kept)
               AND state NOT IN ('published', 'refused', 'rejected', 'undone', 'abandoned'))
    OR EXISTS (SELECT FROM claim_file WHERE insurer_number IN (:former, :kept)
               AND state NOT IN ('done', 'refused', 'abandoned'))
""")
_CLIENTS = text("UPDATE client SET insurer_number = :kept WHERE insurer_number = :former")
_CLIENT = text("SELECT client_id FROM client WHERE insurer_number = :kept LIMIT 1")
_ENTITLEMENTS = text("""
SELECT entitlement, symbol_key, number_key, branch_key, birth_date FROM entitlement
WHERE insurer_number = :former AND entitlement > :after ORDER BY entitlement LIMIT 1000
""")
_ENTRIES = text("""
UPDATE prescription_entry SET matched_entitlements = array_replace(matched_entitlements, :former, :kept)
WHERE person_key = :person_key AND CAST(:former AS bigint) = ANY (matched_entitlements)
""")
_CLAIMS, _CHECKUPS = (
    text(f"""
UPDATE {table} SET insurer_number = :kept
WHERE {key} = ANY (ARRAY(SELECT {key} FROM {table} WHERE insurer_number = :former LIMIT 1000))
""")  # noqa: S608 - tables of ours
    for table, key in (("claim", "claim"), ("health_checkup", "checkup"))
)
# The identity of their claims has the former number: they are replaced when the file comes again (rule H18).
_FILES = text(
    "UPDATE claim_file SET insurer_number = :kept, reader_version = 0 WHERE insurer_number = :former"
)


# The revision keeps the number under which it was published.
_UPLOADS = text("UPDATE upload SET insurer_number = :kept WHERE insurer_number = :former")
# Of two numbers of one facility for the member the newer one counts.
_REFERENCES = text("""
INSERT INTO reference_number (institution_code, entitlement, reference_number, registered_at)
SELECT institution_code, :kept, reference_number, registered_at FROM reference_number WHERE entitlement = :former
ON CONFLICT (institution_code, entitlement) DO UPDATE
    SET reference_number = excluded.reference_number, registered_at = excluded.registered_at
    WHERE reference_number.registered_at < excluded.registered_at
""")


class Twin(NamedTuple):
    """A stored number that is no canonical one."""

    insurer_number: str
    name: str
    canonical: str | None
    """The number that it spells; None if no insurer can have it, such as one of a law that does not exist."""
    canonical_name: str | None
    """The insurer that has that number already."""


@dataclass(slots=True)
class Joined:
    """What was joined.

    `members` were opened anew, `left_out` had a period on the same days under the canonical number already.
    """

    former: str
    kept: str
    clients: int = 0
    members: int = 0
    left_out: int = 0
    claims: int = 0
    checkups: int = 0
    uploads: int = 0
    references: int = 0


async def find_twins(connection: AsyncConnection) -> list[Twin]:
    """All stored insurer numbers that are not canonical."""
    names: dict[str, str] = {}
    after = ""
    while rows := (await connection.execute(_INSURERS, {"after": after})).all():
        names |= {row.insurer_number: row.name for row in rows}
        after = rows[-1].insurer_number
    canonical = {number: _canonical(number) for number in names}
    return [
        Twin(number, name, canonical[number], names.get(canonical[number] or ""))
        for number, name in names.items()
        if canonical[number] != number
    ]


def _canonical(number: str) -> str | None:
    try:
        return identifiers.insurer_number(number)
    except identifiers.UnreadableIdentifier:
        return None


async def join(connection: AsyncConnection, former: str, *, lead: timedelta = PUBLICATION_LEAD) -> Joined:
    """Join the insurer stored as `former` to the one whose number it spells, which is admitted if it is new.

    A period that the canonical insurer has on the same days already takes precedence. Run again, it joins what
    came in under the former number meanwhile. Visible `lead` after its end (decision 004). Raises OperatorError.
    """
    twin = next((twin for twin in await find_twins(connection) if twin.insurer_number == former), None)
    if twin is None or twin.canonical is None:
        raise OperatorError("No insurer is stored under another spelling of its number as this one.")
    both = {"former": former, "kept": twin.canonical}
    for number in sorted(both.values()):
        await store.lock_insurer(connection, number, alone=True)
    if (await connection.execute(_PENDING, both)).scalar_one():
        raise OperatorError(
            "A file of this insurer is not finished: let it be processed, or decide about it first."
        )
    await connection.execute(_ADMIT, both)
    joined = Joined(former, twin.canonical)
    joined.clients = (await connection.execute(_CLIENTS, both)).rowcount
    joined.claims = await _repeated(connection, _CLAIMS, both)
    joined.checkups = await _repeated(connection, _CHECKUPS, both)
    joined.uploads = (await connection.execute(_UPLOADS, both)).rowcount
    await connection.execute(_FILES, both)
    client_id = (await connection.execute(_CLIENT, both)).scalar()
    revision = await _move_members(connection, joined, client_id) if client_id is not None else None
    await _record(connection, joined)
    if revision is not None:
        await store.publish(connection, revision, lead)
    return joined


async def _repeated(connection: AsyncConnection, statement: Any, both: dict[str, str]) -> int:
    """Execute a statement that changes a bounded number of rows until none is left; returns how many there were."""
    changed = 0
    while rows := (await connection.execute(statement, both)).rowcount:
        changed += rows
    return changed


async def _move_members(connection: AsyncConnection, joined: Joined, client_id: UUID) -> int:
    revision = await store.prepare_revision(connection, joined.kept, client_id)
    async for row in _entitlements(connection, joined.former):
        versions = await store.current_versions(connection, row.entitlement)
        if versions:
            await _move(connection, joined, row, versions, revision)
    return revision


async def _entitlements(connection: AsyncConnection, former: str) -> AsyncIterator[Row[Any]]:
    after = 0
    while rows := (await connection.execute(_ENTITLEMENTS, {"former": former, "after": after})).all():
        for row in rows:
            yield row
        after = rows[-1].entitlement


async def _move(
    connection: AsyncConnection, joined: Joined, row: Row[Any], versions: Sequence[Row[Any]], revision: int
) -> None:
    """Close the current periods of a membership, and open those that share no day with one of its twin's."""
    membership = {
        "insurer_number": joined.kept,
        "symbol_key": row.symbol_key,
        "number_key": row.number_key,
        "branch_key": row.branch_key,
        "birth_date": row.birth_date,
    }
    await store.add_entitlement(connection, membership)
    found = await store.find_entitlement(connection, membership)
    assert found is not None
    both = {"former": row.entitlement, "kept": found.entitlement}
    await connection.execute(CARRY_UNLINKED, both)
    joined.references += (await connection.execute(_REFERENCES, both)).rowcount
    present = await store.current_versions(connection, found.entitlement)
    for version in versions:
        await store.close_version(connection, version.version, revision)
        if any(_share_a_day(version, other) for other in present):
            joined.left_out += 1
        else:
            joined.members += 1
            values = dict(version._mapping) | {"entitlement": found.entitlement, "opened_by": revision}
            del values["version"], values["closed_by"]
            await store.open_version(connection, values)
        if version.person_key is not None:
            await connection.execute(_ENTRIES, both | {"person_key": version.person_key})


def _share_a_day(one: Row[Any], other: Row[Any]) -> bool:
    """Whether two periods share a day (rule T1)."""
    return (other.lost_on is None or one.acquired_on < other.lost_on) and (
        one.lost_on is None or other.acquired_on < one.lost_on
    )


async def _record(connection: AsyncConnection, joined: Joined) -> None:
    detail = {name: value for name, value in asdict(joined).items() if name != "kept"}
    await record_act(connection, "insurer.joined", detail, insurer_number=joined.kept)
