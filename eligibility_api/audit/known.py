"""What the fund would have answered at an instant about a day: an auditor's question, by number, to nobody's record.

The statement is put together from the parts of the look-up by number, so that the two read the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from eligibility_api.audit.recompute import Given, given
from eligibility_api.contract.codes import Category, FacilityKind
from eligibility_api.contract.membership import MembershipAsked
from eligibility_api.domain.eligibility import Reading
from eligibility_api.domain.held import Channel
from eligibility_api.eligibility.by_number import membership_parameters, reading_parts
from eligibility_api.eligibility.versions import enrolment_version
from eligibility_api.platform.database import Database

NO_RECORD = "none"
"""Stands for the record of an answer that nobody was given."""

_STATEMENT = """
WITH guard AS MATERIALIZED (
    SELECT institution_code, kind FROM facility WHERE institution_code = $1
),
{fitting},
{reading}
SELECT g.kind AS facility_kind, f.asked, f.person_key, e.*
FROM guard g CROSS JOIN found f LEFT JOIN reading e ON true
"""

_FITTING, _READING = reading_parts(
    "$2::timestamptz", as_of="$3::date", may_ask="true", permitted="true", first=4
)
_KNOWN = _STATEMENT.format(fitting=_FITTING, reading=_READING)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of knowledge, the day that is asked about, and to which institution it would have been answered."""

    known_at: datetime
    as_of: date
    institution_code: str


async def known(
    database: Database, membership: MembershipAsked, moment: Moment, *, version_key: bytes
) -> Given | None:
    """The answer, with every consent given; None where no such institution was ever admitted."""
    parameters = [moment.institution_code, moment.known_at, moment.as_of]
    rows = await database.fetch(_KNOWN, [*parameters, *membership_parameters(membership)])
    if not rows:
        return None
    first = rows[0]
    reading = Reading(
        record_id=NO_RECORD,
        answered_at=moment.known_at,
        as_of=moment.as_of,
        channel=Channel.NUMBER,
        facility_kind=FacilityKind(first["facility_kind"]),
        institution_code=moment.institution_code,
        person_key=first["person_key"],
        enrolments=[enrolment_version(row) for row in rows if row["version"] is not None],
        asked=frozenset(first["asked"]),
        consents=frozenset(Category),
    )
    return given(reading, version_key)
