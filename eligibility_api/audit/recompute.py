"""Computing an answer again from its audit record: what an auditor does to see that the fund answered by its rule.

A record names the versions that were read; versions never change; the answer is the pure function of just that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.domain.eligibility import RULE_VERSION, Reading, answer
from eligibility_api.eligibility.store import ENROLMENT_COLUMNS, enrolment_version

_RECORDS = text("""
SELECT record_id, recorded_at, facility_kind, institution_code, person_key, as_of, enrolments, rule_version,
       known_version
FROM audit_record
WHERE kind LIKE 'eligibility.%' AND outcome = 'answered' AND (:record_id = record_id OR :record_id IS NULL)
ORDER BY record_id
""")

_VERSIONS = text(f"""
SELECT {ENROLMENT_COLUMNS}
FROM enrolment e JOIN entitlement t USING (entitlement)
WHERE e.version = ANY (:versions)
""")  # noqa: S608 - a constant of the store, no value


class UnknownRule(Exception):
    """A record was made under a rule that this program does not have."""


async def recompute(
    connection: AsyncConnection, *, version_key: bytes, record_id: UUID | None = None
) -> AsyncIterator[EligibilityAnswer | UnchangedAnswer]:
    """Every recorded answer (or the one of `record_id`) again, in the order of their records. Raises UnknownRule."""
    for row in (await connection.execute(_RECORDS, {"record_id": record_id})).all():
        yield answer(await _reading(connection, row), version_key=version_key)


async def _reading(connection: AsyncConnection, record: Row[tuple[object, ...]]) -> Reading:
    if record.rule_version != RULE_VERSION:
        raise UnknownRule(f"rule {record.rule_version}")
    rows = (await connection.execute(_VERSIONS, {"versions": record.enrolments})).mappings()
    return Reading(
        record_id=str(record.record_id),
        answered_at=record.recorded_at,
        as_of=record.as_of,
        facility_kind=FacilityKind(record.facility_kind),
        institution_code=record.institution_code,
        person_key=record.person_key,
        enrolments=[enrolment_version(row) for row in rows],
        known_version=record.known_version,
    )
