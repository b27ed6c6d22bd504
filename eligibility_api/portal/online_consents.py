"""Her consent to an online consultation ahead, for the day of an appointment, given on her own page (rule W14).

Her card proved by its PIN that she opened the page; it signs no words here. So a consent of the page counts for one
day only, and never for the facility at which the page's code was made: there the card can sign.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category, Information, Right
from eligibility_api.contract.consent import Basis, ConsentStatement, words
from eligibility_api.contract.consent_versions import STATEMENT_VERSION, Language, until_of
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.facility_kinds import MEDICAL_KINDS
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.own_access import digest_of
from eligibility_api.domain.permits import MAX_OWN_PAGE_CONSENTS, AppointmentDay, is_appointment_day
from eligibility_api.portal.store import SESSION_CHECK, OwnSession, recorded_cte, session_of
from eligibility_api.state import State

ASKED = (Information.MEDICATION, Information.TREATMENT, Information.HEALTH_CHECKUP, Information.SURGERY)
"""The groups of medical information, in the order of the page."""

MAX_KNOWN = 20
"""Facilities that the page offers, those with the newest consents; any other one is found by its code."""

_TAKES_CONSENTS = f"""f.closed_at IS NULL AND f.kind = ANY ('{{{",".join(sorted(MEDICAL_KINDS))}}}')
      AND f.institution_code <> g.made_at_institution
      AND EXISTS (SELECT FROM client c WHERE c.institution_code = f.institution_code AND c.closed_at IS NULL
                  AND c.rights @> '{{{Right.CONSENT}}}' OFFSET 0)"""
"""SQL condition: a facility `f` that may have such a consent by the session `g`."""

FACILITIES = f"""
WITH {SESSION_CHECK},
{recorded_cte("online-consent")},
known AS MATERIALIZED (
    SELECT p.institution_code, max(p.given_at) AS given_at
    FROM guard g JOIN permit p ON p.person_key = g.person_key
    WHERE g.outcome = 'answered' GROUP BY p.institution_code
    ORDER BY 2 DESC LIMIT {MAX_KNOWN}
),
offered AS MATERIALIZED (
    SELECT institution_code, given_at FROM known WHERE institution_code <> $2::text
    UNION ALL SELECT $2::text, NULL
),
found AS MATERIALIZED (
    SELECT f.institution_code, f.name, o.given_at
    FROM guard g CROSS JOIN offered o JOIN facility f ON f.institution_code = o.institution_code
    WHERE g.outcome = 'answered' AND {_TAKES_CONSENTS}
)
SELECT g.access_id, g.facility_name AS made_at_facility, g.made_at, g.until, g.outcome, g.made_at_institution,
       f.institution_code, f.name
FROM guard g CROSS JOIN recorded r LEFT JOIN found f ON true
ORDER BY f.given_at DESC NULLS LAST
"""  # noqa: S608 - constants of the store, no values
"""Parameters: the digest of the session's token, and the code of the chosen facility or ''."""

# Sent twice it is given once. The facility's name is the one in the words that she agreed to.
GIVE = f"""
WITH {SESSION_CHECK},
own AS MATERIALIZED (
    SELECT p.permit_id, p.institution_code, p.categories, p.until
    FROM guard g JOIN permit p ON p.person_key = g.person_key LEFT JOIN permit_end e ON e.permit_id = p.permit_id
    WHERE p.basis = '{Basis.OWN_ACCESS}' AND p.until > g.now AND e.permit_id IS NULL
),
judged AS MATERIALIZED (
    SELECT g.*, f.institution_code AS place, gen_random_uuid() AS permit_id, CASE
        WHEN g.outcome <> 'answered' THEN g.outcome
        WHEN f.name IS DISTINCT FROM $3::text THEN 'facility'
        WHEN g.now >= $6::timestamptz THEN 'day'
        WHEN EXISTS (SELECT FROM own o WHERE o.institution_code = $2::text AND o.until = $6
                     AND o.categories = string_to_array($4::text, ',')) THEN 'already'
        WHEN (SELECT count(*) FROM own) >= {MAX_OWN_PAGE_CONSENTS} THEN 'too-many'
        ELSE 'registered' END AS judgement
    FROM guard g LEFT JOIN facility f ON f.institution_code = $2::text AND {_TAKES_CONSENTS}
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, person_key, detail)
    SELECT 'own-access.consent', judgement, person_key,
           jsonb_strip_nulls(jsonb_build_object('own_access', access_id, 'statement', $7::text::jsonb,
               'permit', CASE WHEN judgement = 'registered' THEN permit_id END))
    FROM judged WHERE judgement IN ('registered', 'card-not-usable')
    RETURNING record_id
),
given AS (
    INSERT INTO permit (permit_id, basis, person_key, institution_code, care, categories, given_at, available_from, until,
                        reason, record_id)
    SELECT j.permit_id, '{Basis.OWN_ACCESS}', j.person_key, j.place, '{Care.ONLINE}',
           string_to_array($4::text, ','), j.now, CASE WHEN $5::timestamptz > j.now THEN $5::timestamptz END, $6,
           jsonb_build_object('own_access', j.access_id, 'statement', $7::text::jsonb), r.record_id
    FROM judged j CROSS JOIN recorded r WHERE j.judgement = 'registered'
    RETURNING permit_id
)
SELECT j.judgement, n.permit_id FROM judged j LEFT JOIN given n ON true
"""  # noqa: S608 - constants of the store, no values
"""Parameters: the session's digest; code, name and categories; the day's instants; the statement (JSON)."""


class Fault(StrEnum):
    """Why a wish cannot become a consent; the texts have these names."""

    FACILITY = "facility"
    """No such facility, or none that takes such consents."""
    HERE = "here"
    """The facility at which the page's code was made."""
    DAY = "day"
    """No day, or one that is over or too far ahead (W12)."""
    INFORMATION = "information"
    """Nothing was chosen."""
    TOO_MANY = "too-many"
    """As many open ones as a person may have."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What she chose: a facility by its code, the appointment's day, and groups of information."""

    institution_code: str = ""
    day: date | None = None
    information: frozenset[Information] = frozenset()

    @property
    def categories(self) -> tuple[Category, ...]:
        """The categories of the chosen groups, in the catalogue's order."""
        return tuple(one for one, entry in CATEGORIES.items() if entry.information in self.information)


@dataclass(frozen=True, slots=True)
class OnlineConsentPage:
    """The facilities that she may choose from, the faults of her wish, and without a fault the statement."""

    session: OwnSession
    facilities: list[tuple[str, str]]
    today: date
    faults: list[Fault]
    statement: ConsentStatement | None = None

    @property
    def words(self) -> str:
        """The words that she agrees to."""
        return words(self.statement) if self.statement is not None else ""

    @property
    def seal(self) -> str:
        """Names the words that were shown, so that no others are registered."""
        return hashlib.sha256(self.words.encode()).hexdigest()


async def offer(state: State, token: str) -> OnlineConsentPage:
    """The page before a choice. Raises `own-session-ended` and `card-not-usable`."""
    return await _page(state, token, Wish(), None)


async def review(state: State, token: str, wish: Wish, language: Language) -> OnlineConsentPage:
    """The words of a wish, or its faults. Raises `own-session-ended` and `card-not-usable`."""
    return await _page(state, token, wish, language)


async def _page(state: State, token: str, wish: Wish, language: Language | None) -> OnlineConsentPage:
    rows = await state.database.fetch(FACILITIES, [digest_of(token), wish.institution_code])
    if not rows:
        raise ShikakuError("own-session-ended")
    first = rows[0]
    if first["outcome"] != "answered":
        raise ShikakuError(first["outcome"])
    names = {row["institution_code"]: row["name"] for row in rows if row["institution_code"] is not None}
    today = day_in_japan(state.clock())
    faults = _faults(wish, names, first["made_at_institution"], today) if language is not None else []
    statement = None
    if language is not None and not faults:
        statement = _statement(wish, names[wish.institution_code], language)
    session = session_of(first, first["made_at_facility"])
    return OnlineConsentPage(session, list(names.items()), today, faults, statement)


def _faults(wish: Wish, names: Collection[str], made_at: str, today: date) -> list[Fault]:
    faults = []
    if wish.institution_code not in names:
        faults.append(Fault.HERE if wish.institution_code == made_at else Fault.FACILITY)
    if wish.day is None or not is_appointment_day(wish.day, today):
        faults.append(Fault.DAY)
    if not wish.categories:
        faults.append(Fault.INFORMATION)
    return faults


def _statement(wish: Wish, name: str, language: Language) -> ConsentStatement:
    return ConsentStatement(
        language=language,
        institution_code=wish.institution_code,
        institution_name=name,
        categories=wish.categories,
        care=Care.ONLINE,
        until=until_of(STATEMENT_VERSION, Care.ONLINE, wish.day),
        day=wish.day,
    )


async def give(
    state: State, token: str, wish: Wish, language: Language, *, seal: str
) -> OnlineConsentPage | None:
    """Register the consent to the words with this seal; the page to show again if that is not possible, else None.

    Raises `own-session-ended` and `card-not-usable`.
    """
    page = await review(state, token, wish, language)
    statement = page.statement
    if statement is None or not hmac.compare_digest(page.seal.encode(), seal.encode()):
        return page
    assert statement.day is not None
    day = AppointmentDay.of(statement.day)
    parameters: list[Any] = [
        digest_of(token),
        statement.institution_code,
        statement.institution_name,
        ",".join(statement.categories),
        day.begins_at,
        day.ends_at,
        statement.model_dump_json(),
    ]
    rows = await state.database.fetch(GIVE, parameters)
    if not rows:
        raise ShikakuError("own-session-ended")
    judgement = rows[0]["judgement"]
    if judgement in {"registered", "already"}:
        return None
    if judgement not in set(Fault):
        raise ShikakuError(judgement)
    return OnlineConsentPage(page.session, page.facilities, page.today, [Fault(judgement)])
