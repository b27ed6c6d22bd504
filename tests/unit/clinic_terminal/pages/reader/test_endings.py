"""Which screen every error and every answer leads to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.errors import SHOWN_CATALOGUE, TerminalError
from clinic_terminal.pages.reader.endings import BY_CODE, ending_of, ending_of_problem, screen_of
from clinic_terminal.pages.reader.journey import Position, Step
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import CertificateRenewal, EligibilityAnswer
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from tests.builders.clinic import samples

SCREENS = {
    "pin-wrong": Step.PIN,
    "pin-malformed": Step.PIN,
    "pin-last-try": Step.LAST_TRY,
    "pin-locked": Step.LOCKED,
    "pin-unset": Step.UNSET,
    "card-removed": Step.REMOVED,
    "card-not-my-number": Step.CARD,
    "card-several": Step.CARD,
    "card-unexpected": Step.CARD,
    "card-in-use": Step.CARD,
    "reader-missing": Step.READER,
    "reader-service-missing": Step.READER,
    "certificate-revoked": Step.HELD,
    "certificate-suspended": Step.HELD,
    "certificate-expired": Step.HELD,
    "first-registration-needed": Step.READ,
    "fund-unreachable": Step.NETWORK,
    "database-unavailable": Step.NETWORK,
    "revocation-unavailable": Step.NETWORK,
    "challenge-expired": Step.AGAIN,
    "consent-presence-too-old": Step.AGAIN,
    "signature-invalid": Step.AGAIN,
    "card-not-usable": Step.OTHER,
    "registration-conflict": Step.OTHER,
    "certificate-policy": Step.OTHER,
    "facility-closed": Step.OTHER,
    "visual-check-no-photo": Step.OTHER,
}


@pytest.mark.parametrize(("code", "step"), SCREENS.items())
def test_an_error_has_its_screen(code: str, step: Step) -> None:
    assert screen_of(SHOWN_CATALOGUE[code]) is step


def test_every_code_of_both_catalogues_has_its_screen() -> None:
    assert len(SHOWN_CATALOGUE) > 100
    assert set(BY_CODE) <= SHOWN_CATALOGUE.keys()
    for code, entry in SHOWN_CATALOGUE.items():
        step = screen_of(entry)
        if code.startswith(("challenge-", "consent-presence-")):
            assert step is Step.AGAIN, code
        if code.startswith("reader-"):
            assert step is Step.READER, code
        if entry.kind is ErrorKind.TECHNICAL:
            assert step is Step.NETWORK, code
        elif code not in BY_CODE:
            assert step is Step.OTHER, code


def test_refusals_that_might_protect_somebody_have_one_screen() -> None:
    neutral = [code for code, entry in SHOWN_CATALOGUE.items() if screen_of(entry) is Step.OTHER]
    assert {"card-not-usable", "registration-conflict", "certificate-policy"} <= set(neutral)
    assert {ending_of_problem(TerminalError(code)) for code in neutral} == {Position(Step.OTHER)}


def outcome(answer: EligibilityAnswer | None = None, **changes: Any) -> TapOutcome:
    return TapOutcome(Stopwatch().timings(), answer, **changes)


@pytest.mark.parametrize(
    ("validity", "step"),
    [
        (Validity.VALID, Step.DONE),
        (Validity.VALID_UNREGISTERED, Step.DONE),
        (Validity.INVALID, Step.READ),
        (Validity.INVALID_NEWER_EXISTS, Step.READ),
        (Validity.NOT_FOUND, Step.READ),
        (Validity.AMBIGUOUS, Step.READ),
    ],
)
def test_an_answer_shows_nothing_about_the_insurance(validity: Validity, step: Step) -> None:
    assert ending_of(outcome(samples.answer(validity))) == Position(step)


def renewal(status: str) -> CertificateRenewal:
    return CertificateRenewal.model_validate(
        {"status": status, "expires_on": date(2026, 8, 31), "renew_by": date(2026, 11, 30)}
    )


def test_a_certificate_that_ends_is_shown_with_its_day() -> None:
    expected = ConsentOutcome(problem=ShikakuError("consent-certificate-expired"))
    grace = outcome(samples.answer(certificate_renewal=renewal("grace")), consent=expected)
    assert ending_of(grace) == Position(Step.GRACE, day=date(2026, 11, 30))
    expiring = outcome(samples.answer(Validity.INVALID, certificate_renewal=renewal("expiring")))
    assert ending_of(expiring) == Position(Step.EXPIRING, day=date(2026, 8, 31), after=Step.READ)


@pytest.mark.parametrize("code", ["fund-unreachable", "consent-words-differ", "card-in-use"])
def test_a_consent_that_was_not_registered_is_shown(code: str) -> None:
    problem = CardError(code) if code.startswith("card") else ShikakuError(code)
    ended = ending_of(outcome(samples.answer(), consent=ConsentOutcome(problem=problem)))
    assert ended == Position(Step.DONE, consent_lost=True)


@pytest.mark.parametrize("code", ["card-removed", "card-missing"])
@pytest.mark.parametrize(
    ("validity", "after"), [(Validity.VALID, Step.DONE), (Validity.NOT_FOUND, Step.READ)]
)
def test_a_card_that_is_taken_at_the_consent_was_removed_after_its_answer(
    validity: Validity, after: Step, code: str
) -> None:
    taken = ConsentOutcome(problem=CardError(code))
    expected = Position(Step.REMOVED, after=after, consent_lost=True)
    assert ending_of(outcome(samples.answer(validity), consent=taken)) == expected
    expiring = samples.answer(validity, certificate_renewal=renewal("expiring"))
    assert ending_of(outcome(expiring, consent=taken)) == expected


def test_a_refused_consent_is_no_problem() -> None:
    assert ending_of(outcome(samples.answer(), consent=ConsentOutcome())) == Position(Step.DONE)


def test_a_consent_that_came_too_late_asks_for_the_card_again() -> None:
    late = ConsentOutcome(problem=ShikakuError("consent-presence-too-old"))
    assert ending_of(outcome(samples.answer(), consent=late)) == Position(Step.AGAIN)


def test_who_gave_up_takes_the_card() -> None:
    assert ending_of(outcome()) == Position(Step.TAKE, left=True)


@pytest.mark.parametrize(
    ("code", "shown"), [("card-not-my-number", "card-not-my-number"), ("card-removed", "")]
)
def test_only_a_problem_with_the_card_is_named(code: str, shown: str) -> None:
    assert ending_of(outcome(problem=CardError(code))).code == shown
