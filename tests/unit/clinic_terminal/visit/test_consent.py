"""A consent in the card session of a tap: the text shown, the bytes signed, and the outcome."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.consent import ConsentOutcome, ConsentProposal
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.consent import words
from eligibility_api.contract.consent_versions import Language, Until
from eligibility_api.contract.eligibility import CertificateRenewal
from tests.builders.clinic import samples
from tests.builders.clinic.fake_card import SELECT, SIGN, SIGN_MESSAGE, VERIFY, FakeCard
from tests.builders.clinic.fake_consents import FakeConsents
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.samples import p384_key
from tests.builders.clinic.scripted_prompts import ScriptedPrompts

CHALLENGES = "/v1/consents/challenges"
CONSENTS = "/v1/consents"
MEDICINES = (Category.MEDICATION, Category.PRESCRIPTION)
PROPOSAL = ConsentProposal((*MEDICINES, Category.SURGERY), Care.OUTPATIENT)


def run_tap(
    fund: FakeFund,
    card: FakeCard | None = None,
    prompts: ScriptedPrompts | None = None,
    *,
    proposal: ConsentProposal = PROPOSAL,
    operator: str | None = None,
) -> TapOutcome:
    request = TapRequest(operator=operator, consent=proposal)
    with fund.client() as client:
        return tap(card or FakeCard(), client, prompts or ScriptedPrompts(), request, Stopwatch())


def consent_of(outcome: TapOutcome) -> ConsentOutcome:
    assert outcome.consent is not None
    return outcome.consent


def code_of(outcome: TapOutcome) -> str | None:
    problem = consent_of(outcome).problem
    return problem.code if problem else None


@pytest.mark.parametrize("card", [FakeCard(), FakeCard(key=p384_key())], ids=["rsa", "p-384"])
def test_a_consent_is_signed_in_the_session_of_the_tap_and_completes_its_answer(card: FakeCard) -> None:
    fund = FakeFund()
    outcome = run_tap(fund, card)
    registered = consent_of(outcome).answer
    assert registered is not None
    assert [one.category for one in registered.allowed] == list(PROPOSAL.categories)
    assert outcome.answer == registered.eligibility
    assert (len(card.sent(SELECT)), len(card.sent(VERIFY + "04")), len(card.sent(SIGN))) == (1, 1, 2)
    assert card.closed == 1


def test_the_shown_text_is_the_signed_text() -> None:
    fund, prompts = FakeFund(), ScriptedPrompts()
    run_tap(fund, prompts=prompts)
    [given] = fund.consents.requests
    assert prompts.shown == [words(given.statement)]
    assert "架空診療所" in prompts.shown[0]


def test_the_text_is_in_the_chosen_language_and_the_care_decides_the_duration() -> None:
    fund, prompts = FakeFund(), ScriptedPrompts()
    run_tap(fund, prompts=prompts, proposal=ConsentProposal(MEDICINES, Care.HOME_VISIT, Language.EN))
    assert "How long: until I withdraw this consent" in prompts.shown[0]
    assert fund.consents.requests[0].statement.until is Until.WITHDRAWAL


def test_a_consent_for_an_appointment_shows_and_signs_its_day() -> None:
    """Rule W12."""
    fund, prompts = FakeFund(), ScriptedPrompts()
    day = date(2026, 4, 4)
    run_tap(fund, prompts=prompts, proposal=ConsentProposal(MEDICINES, Care.ONLINE, day=day))
    assert "予約日の2026年4月4日" in prompts.shown[0]
    statement = fund.consents.requests[0].statement
    assert (statement.day, statement.until) == (day, Until.APPOINTMENT)


def test_after_agreement_to_a_part_the_text_of_that_part_is_shown() -> None:
    fund, prompts = FakeFund(), ScriptedPrompts(parts=[MEDICINES])
    outcome = run_tap(fund, prompts=prompts)
    registered = consent_of(outcome).answer
    assert registered is not None
    assert [one.category for one in registered.allowed] == list(MEDICINES)
    assert ["手術" in text for text in prompts.shown] == [True, False]


@pytest.mark.parametrize("parts", [[()], [None], [MEDICINES, ()]], ids=["nothing", "gives-up", "in-the-end"])
def test_without_agreement_nothing_is_signed_and_the_answer_stays(parts: list[Any]) -> None:
    fund, card = FakeFund(), FakeCard()
    outcome = run_tap(fund, card, ScriptedPrompts(parts=parts))
    assert consent_of(outcome) == ConsentOutcome()
    assert outcome.answer == fund.answer
    assert (len(card.sent(SIGN)), card.closed, fund.calls.count(CONSENTS)) == (1, 1, 0)


def test_a_tap_without_a_proposal_asks_for_no_consent() -> None:
    fund = FakeFund()
    with fund.client() as client:
        outcome = tap(FakeCard(), client, ScriptedPrompts(), TapRequest(), Stopwatch())
    assert (outcome.consent, fund.calls.count(CHALLENGES)) == (None, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"institution_code": "1312222225"},
        {"categories": (Category.MEDICATION,)},
        {"care": Care.HOME_VISIT, "until": Until.WITHDRAWAL},
        {"care": Care.ONLINE, "until": Until.APPOINTMENT, "day": date(2026, 4, 4)},
        {"until": Until.WITHDRAWAL},
        {"language": Language.EN},
    ],
    ids="-".join,
)
def test_a_statement_that_differs_from_the_request_is_neither_shown_nor_signed(
    changes: dict[str, Any],
) -> None:
    fund, card, prompts = FakeFund(consents=FakeConsents({0: changes})), FakeCard(), ScriptedPrompts()
    outcome = run_tap(fund, card, prompts)
    assert code_of(outcome) == "consent-words-differ"
    assert outcome.answer == fund.answer
    assert (prompts.shown, len(card.sent(SIGN))) == ([], 1)


@pytest.mark.parametrize("failure", ["lost", "gateway", "challenge-used"])
def test_a_lost_answer_is_retried_once_without_asking_the_patient_again(failure: str) -> None:
    fund, card, prompts = FakeFund(failures={CONSENTS: [failure]}), FakeCard(), ScriptedPrompts()
    outcome = run_tap(fund, card, prompts)
    assert consent_of(outcome).answer is not None
    assert fund.calls[-4:] == [CHALLENGES, CONSENTS, CHALLENGES, CONSENTS]
    assert (len(prompts.shown), len(card.sent(VERIFY + "04")), len(card.sent(SIGN))) == (1, 1, 3)


def test_a_text_that_changed_between_retries_is_not_signed() -> None:
    changes = {1: {"institution_name": "見本診療所"}}
    fund = FakeFund(failures={CONSENTS: ["lost"]}, consents=FakeConsents(changes))
    card = FakeCard()
    assert code_of(run_tap(fund, card)) == "consent-words-differ"
    assert len(card.sent(SIGN)) == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [(CHALLENGES, "right-missing"), (CONSENTS, "challenge-expired"), (CONSENTS, "database-unavailable")],
)
def test_a_refused_consent_leaves_the_answer(path: str, code: str) -> None:
    fund, card = FakeFund(failures={path: [code]}), FakeCard()
    outcome = run_tap(fund, card)
    assert (code_of(outcome), outcome.problem, outcome.answer) == (code, None, fund.answer)
    assert (fund.calls.count(path), card.closed) == (1, 1)


def test_a_second_lost_answer_is_the_problem() -> None:
    assert code_of(run_tap(FakeFund(failures={CONSENTS: ["lost", "lost"]}))) == "fund-unreachable"


def test_a_card_removed_before_the_retry_is_the_consents_problem() -> None:
    class RemovedCard(FakeCard):
        def _sign(self, prepared: bytes) -> bytes:
            if len(self.sent(SIGN)) == 2:
                raise ConnectionResetError
            return super()._sign(prepared)

    fund, card = FakeFund(), RemovedCard()
    outcome = run_tap(fund, card)
    assert (code_of(outcome), outcome.answer, card.closed) == ("card-removed", fund.answer, 1)


def test_an_invalid_record_number_ends_the_consent() -> None:
    fund = FakeFund(answer=samples.answer(record_id="record-1"))
    assert code_of(run_tap(fund)) == "fund-unreadable"


def test_by_visual_check_the_consent_has_its_own_tag_and_names_the_operator() -> None:
    fund, card = FakeFund(), FakeCard(tries_left=0)
    outcome = run_tap(fund, card, ScriptedPrompts(pins=[]), operator="受付 見本")
    assert consent_of(outcome).answer is not None
    assert fund.consents.requests[0].operator == "受付 見本"
    tags = [bytes.fromhex(command)[5:].split(b"\0")[0] for command in card.sent(SIGN_MESSAGE)]
    assert tags == [b"SHIKAKU visual-check v1", b"SHIKAKU visual-consent v1"]
    assert card.sent(VERIFY) == []


def test_every_step_of_a_consent_is_timed() -> None:
    steps = run_tap(FakeFund()).timings.steps
    assert {"consent-challenge", "consent-text", "consent-sign", "consent"} <= set(steps)


GRACE = CertificateRenewal(status="grace", expires_on=date(2026, 3, 20), renew_by=date(2026, 6, 30))
SOON = CertificateRenewal(status="expiring", expires_on=date(2026, 4, 20), renew_by=date(2026, 7, 31))


def test_with_an_expired_certificate_nobody_is_asked_for_a_consent() -> None:
    """Rule A6: the fund would refuse it; the answer of the check stays."""
    fund, prompts = FakeFund(answer=samples.answer(certificate_renewal=GRACE)), ScriptedPrompts()
    outcome = run_tap(fund, prompts=prompts)
    assert (code_of(outcome), outcome.answer) == ("consent-certificate-expired", fund.answer)
    assert (prompts.shown, fund.consents.requests) == ([], [])


def test_with_a_certificate_that_expires_soon_the_consent_is_registered() -> None:
    fund = FakeFund(answer=samples.answer(certificate_renewal=SOON))
    assert consent_of(run_tap(fund)).answer is not None
