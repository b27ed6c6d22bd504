"""Finds the permit for a person's medical files, also one that she gave on her own page (rule W14).

A consent that a card signed is kept at the tap. One of her own page reaches the terminal when it asks the fund about a person
whom an answer of today identified.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.permits import Wanted, find_permit, listed_permit, person_of
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Permit
from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent import OwnPageConsents
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ErrorKind, ShikakuError

_MAY_BE_GIVEN = frozenset({"exchange-permit-missing", "consent-category", "consent-not-yet"})
"""The lacks that a consent of her own page may fill."""


def permit_for(
    store: TerminalStore,
    ask: Callable[[str], OwnPageConsents],
    answers: Sequence[EligibilityAnswer],
    wanted: Wanted,
    at: datetime,
) -> Permit:
    """The newest permit for a request; the fund is asked if the store has none, and what it has is kept.

    `ask`: what the person of a record consented to on her own page. `answers`: those that identified her, newest first.
    Raises TerminalError as `find_permit` does, and what the fund does not answer: a failed question is no missing consent.
    """
    try:
        return find_permit(store, wanted, at)
    except TerminalError as problem:
        may_be_given = problem.code in _MAY_BE_GIVEN and wanted.care in (None, Care.ONLINE)
        if not may_be_given or not _keep_given(store, ask, answers):
            raise
    return find_permit(store, wanted, at)


def _keep_given(
    store: TerminalStore, ask: Callable[[str], OwnPageConsents], answers: Sequence[EligibilityAnswer]
) -> bool:
    """Whether there are any; each is kept like a consent of a card.

    Raises `exchange-permit-several` if several persons have the membership, so that nobody sees another one's files.
    """
    named = [answer for answer in answers if answer.results]
    if not named:
        return False
    if len({person_of(answer) for answer in named}) > 1:
        raise TerminalError("exchange-permit-several")
    newest = named[0]
    try:
        found = ask(newest.record_id).consents
    except ShikakuError as problem:
        if problem.entry.kind is ErrorKind.TECHNICAL:
            raise
        return False
    permits = (listed_permit(consent, newest) for consent in found)
    kept = [permit for permit in permits if permit is not None]
    for permit in kept:
        store.keep_permit(permit)
    return bool(kept)
