"""The permits of the store: kept after a tap, found by the numbers that the clinic's software knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clinic_terminal.errors import TerminalError
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Permit, StoredMembership, StoredPerson
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.consent import ConsentAnswer, ConsentStatus
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.identifiers import membership_key

ENDED = frozenset({"consent-expired", "consent-missing", "consent-other-facility", "consent-withdrawn"})
"""Refusals of the fund after which a permit is of no more use."""


def permit_of(consent: ConsentAnswer) -> Permit | None:
    """What to keep of a registered consent; None if it opens no medical file, or its answer names nobody."""
    opened = [allowed for allowed in consent.allowed if CATEGORIES[allowed.category].window]
    if not opened:
        return None
    first = opened[0]
    status = ConsentStatus(
        consent_id=consent.consent_id,
        basis=consent.basis,
        care=consent.care,
        categories=[allowed.category for allowed in opened],
        given_at=first.given_at,
        available_from=first.available_from,
        available_until=first.available_until,
        ended_at=None,
        end_reason=None,
    )
    return listed_permit(status, consent.eligibility)


def listed_permit(consent: ConsentStatus, answer: EligibilityAnswer) -> Permit | None:
    """The same of a consent that holds, and of the eligibility answered by it."""
    opened = tuple(category for category in consent.categories if CATEGORIES[category].window)
    results = answer.results
    if not opened or not results:
        return None
    return Permit(
        permit_id=consent.consent_id,
        care=consent.care,
        categories=opened,
        given_at=consent.given_at,
        available_from=consent.available_from,
        available_until=consent.available_until,
        memberships=tuple(
            StoredMembership(
                insurer_number=one.insurer_number,
                symbol=one.symbol,
                number=one.number,
                branch=one.branch,
                birth_date=one.birth_date,
            )
            for one in results
        ),
        reference_number=answer.reference_number,
        person=person_of(answer),
    )


def person_of(answer: EligibilityAnswer) -> StoredPerson:
    """The person whom an answer names, as its first result does."""
    first = answer.results[0]
    return StoredPerson(
        name=first.name, name_kana=first.name_kana, birth_date=first.birth_date, sex=first.sex
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request for medical files needs: one of the categories, under a form of care if it names one."""

    membership: StoredMembership
    categories: tuple[Category, ...]
    care: Care | None = None


def find_permit(store: TerminalStore, wanted: Wanted, at: datetime) -> Permit:
    """The newest permit for a request.

    Raises `exchange-permit-several` if they are of several persons, so that nobody sees another one's files,
    `exchange-permit-missing`, `consent-not-yet`, `consent-category`.
    """
    asked = wanted.membership
    found = store.permits_for(
        insurer_number=asked.insurer_number, symbol=asked.symbol, number=asked.number, at=at
    )
    fitting = [permit for permit in found if _is_of(permit, asked)]
    return _choose(fitting or _by_reference(store, asked, at), wanted, at)


def _by_reference(store: TerminalStore, asked: StoredMembership, at: datetime) -> list[Permit]:
    """The permits about the person of an earlier membership, by the facility's own number for her (照会番号).

    The clinic's software may not have the new membership yet. The earlier answer must be about exactly this membership,
    branch included, and the permit about a person with its birth date and sex: a number may have been given twice.
    """
    answer = store.last_answer(asked.insurer_number, asked.symbol, asked.number, asked.branch)
    if answer is None or answer.reference_number is None:
        return []
    persons = {
        (one.birth_date, one.sex)
        for one in answer.results
        if one.branch == asked.branch and membership_key(one.number) == membership_key(asked.number)
    }
    return [
        permit
        for permit in store.permits_by_reference(answer.reference_number, at)
        if (permit.person.birth_date, permit.person.sex) in persons
    ]


def _choose(permits: Sequence[Permit], wanted: Wanted, at: datetime) -> Permit:
    if len({permit.person for permit in permits}) > 1:
        raise TerminalError("exchange-permit-several")
    of_care = [permit for permit in permits if wanted.care in (None, permit.care)]
    if not of_care:
        raise TerminalError("exchange-permit-missing")
    begun = [permit for permit in of_care if permit.available_from is None or permit.available_from <= at]
    if not begun:
        raise TerminalError("consent-not-yet")
    for permit in begun:
        if set(wanted.categories) & set(permit.categories):
            return permit
    raise TerminalError("consent-category")


def _is_of(permit: Permit, asked: StoredMembership) -> bool:
    """Whether the permit's person has this membership; any branch, where the request or the permit has none."""
    return any(
        _key(one) == _key(asked) and (None in (one.branch, asked.branch) or one.branch == asked.branch)
        for one in permit.memberships
    )


def _key(membership: StoredMembership) -> tuple[str, str, str]:
    symbol, number = membership.symbol or "", membership.number
    return membership.insurer_number, membership_key(symbol), membership_key(number)
