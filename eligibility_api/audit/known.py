"""Computes what the fund would have answered at an instant (transaction time) about a day (valid time).

The statement consists of the parts of the look-up by number, so that both read the same rows. It leaves no
record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from eligibility_api.contract.codes import Category, FacilityKind
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import AnswerInputs
from eligibility_api.domain.enrolment_version import Channel
from eligibility_api.domain.recorded_answers import GivenAnswer, answer_or_refusal
from eligibility_api.eligibility.by_number import membership_values, reading_parts
from eligibility_api.eligibility.versions import enrolment_version
from eligibility_api.platform.sql import Statement

NO_RECORD = "none"
"""Record id of an answer that was never given."""

_STATEMENT = """
WITH guard AS MATERIALIZED (
    SELECT institution_code, kind FROM facility WHERE institution_code = :institution_code
),
{fitting},
{reading}
SELECT g.kind AS facility_kind, f.asked, f.person_key, e.*
FROM guard g CROSS JOIN found f LEFT JOIN reading e ON true
"""

_FITTING, _READING = reading_parts(
    ":known_at::timestamptz", as_of=":as_of::date", may_ask="true", permitted="true"
)
_KNOWN = Statement.of(_STATEMENT.format(fitting=_FITTING, reading=_READING))


@dataclass(frozen=True, slots=True)
class AsKnownQuery:
    """A query as known at an instant: the instant, the day in question, and the asking institution."""

    known_at: datetime
    as_of: date
    institution_code: str


async def answer_as_known(
    database: Database, membership: MembershipQuery, query: AsKnownQuery, *, version_key: bytes
) -> GivenAnswer | None:
    """Return the answer as if every consent was given; None when the institution was never admitted."""
    values = {
        "institution_code": query.institution_code,
        "known_at": query.known_at,
        "as_of": query.as_of,
        **membership_values(membership),
    }
    rows = await database.fetch(_KNOWN.text, _KNOWN.parameters(values))
    if not rows:
        return None
    first = rows[0]
    inputs = AnswerInputs(
        record_id=NO_RECORD,
        answered_at=query.known_at,
        as_of=query.as_of,
        channel=Channel.NUMBER,
        facility_kind=FacilityKind(first["facility_kind"]),
        institution_code=query.institution_code,
        person_key=first["person_key"],
        enrolments=[enrolment_version(row) for row in rows if row["version"] is not None],
        asked=frozenset(first["asked"]),
        consents=frozenset(Category),
    )
    return answer_or_refusal(inputs, version_key)
