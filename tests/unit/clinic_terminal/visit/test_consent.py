"""A consent in the card session of a tap: what is shown, what is signed, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.consent import ConsentOutcome, ConsentWish
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.consent import Language, Until, words
from tests.unit.clinic_terminal import builders
from tests.unit.clinic_terminal.builders import p384_key
from tests.unit.clinic_terminal.fake_card import SELECT, SIGN, SIGN_MESSAGE, VERIFY, FakeCard
from tests.unit.clinic_terminal.fake_consents import FakeConsents
from tests.unit.clinic_terminal.fake_fund import FakeFund
from tests.unit.clinic_terminal.scripted_prompts import ScriptedPrompts

CHALLENGES = "/v1/consents/challenges"
CONSENTS = "/v1/consents"
MEDICINES = (Category.MEDICATION, Category.PRESCRIPTION)
WISH = ConsentWish((*MEDICINES, Category.SURGERY), Care.OUTPATIENT)


def tapped(
    fund: FakeFund,
    card: FakeCard | None = None,
    prompts: ScriptedPrompts | None = None,
    *,
    wish: ConsentWish = WISH,
    operator: str | None = None,
) -> TapOutcome:
    request = TapRequest(operator=operator, consent=wish)
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
    outcome = tapped(fund, card)
    registered = consent_of(outcome).answer
    assert registered is not None
    assert [one.category for one in registered.allowed] == list(WISH.categories)
    assert outcome.answer == registered.eligibility
    assert (len(card.sent(SELECT)), len(card.sent(VERIFY + "04")), len(card.sent(SIGN))) == (1, 1, 2)
    assert card.closed == 1


def test_what_is_shown_is_what_is_signed() -> None:
    fund, prompts = FakeFund(), ScriptedPrompts()
    tapped(fund, prompts=prompts)
    [given] = fund.consents.given
    assert prompts.read == [words(given.statement)]
    assert "架空診療所" in prompts.read[0]


def test_the_patient_reads_her_language_and_the_care_decides_how_long() -> None:
    fund, prompts = FakeFund(), ScriptedPrompts()
    tapped(fund, prompts=prompts, wish=ConsentWish(MEDICINES, Care.HOME_VISIT, Language.EN))
    assert "How long: until I withdraw it" in prompts.read[0]
    assert fund.consents.given[0].statement.until is Until.WITHDRAWAL


def test_whoever_agrees_to_a_part_is_shown_the_words_of_that_part() -> None:
    fund, prompts = FakeFund(), ScriptedPrompts(parts=[MEDICINES])
    outcome = tapped(fund, prompts=prompts)
    registered = consent_of(outcome).answer
    assert registered is not None
    assert [one.category for one in registered.allowed] == list(MEDICINES)
    assert ["手術" in text for text in prompts.read] == [True, False]


@pytest.mark.parametrize("parts", [[()], [None], [MEDICINES, ()]], ids=["nothing", "gives-up", "in-the-end"])
def test_without_agreement_nothing_is_signed_and_the_answer_stays(parts: list[Any]) -> None:
    fund, card = FakeFund(), FakeCard()
    outcome = tapped(fund, card, ScriptedPrompts(parts=parts))
    assert consent_of(outcome) == ConsentOutcome()
    assert outcome.answer == fund.answer
    assert (len(card.sent(SIGN)), card.closed, fund.calls.count(CONSENTS)) == (1, 1, 0)


def test_a_tap_without_a_wish_asks_for_no_consent() -> None:
    fund = FakeFund()
    with fund.client() as client:
        outcome = tap(FakeCard(), client, ScriptedPrompts(), TapRequest(), Stopwatch())
    assert (outcome.consent, fund.calls.count(CHALLENGES)) == (None, 0)


@pytest.mark.parametrize(
    "said",
    [
        {"institution_code": "1312222225"},
        {"categories": (Category.MEDICATION,)},
        {"care": Care.HOME_VISIT, "until": Until.WITHDRAWAL},
        {"until": Until.WITHDRAWAL},
        {"language": Language.EN},
    ],
    ids=lambda said: next(iter(said)),
)
def test_a_statement_that_says_anything_else_is_neither_shown_nor_signed(said: dict[str, Any]) -> None:
    fund, card, prompts = FakeFund(consents=FakeConsents({0: said})), FakeCard(), ScriptedPrompts()
    outcome = tapped(fund, card, prompts)
    assert code_of(outcome) == "consent-words-differ"
    assert outcome.answer == fund.answer
    assert (prompts.read, len(card.sent(SIGN))) == ([], 1)


@pytest.mark.parametrize("failure", ["lost", "gateway", "challenge-used"])
def test_a_lost_answer_is_asked_again_once_without_asking_the_patient_again(failure: str) -> None:
    fund, card, prompts = FakeFund(failures={CONSENTS: [failure]}), FakeCard(), ScriptedPrompts()
    outcome = tapped(fund, card, prompts)
    assert consent_of(outcome).answer is not None
    assert fund.calls[-4:] == [CHALLENGES, CONSENTS, CHALLENGES, CONSENTS]
    assert (len(prompts.read), len(card.sent(VERIFY + "04")), len(card.sent(SIGN))) == (1, 1, 3)


def test_words_that_changed_meanwhile_are_not_signed() -> None:
    renamed = {1: {"institution_name": "見本診療所"}}
    fund = FakeFund(failures={CONSENTS: ["lost"]}, consents=FakeConsents(renamed))
    card = FakeCard()
    assert code_of(tapped(fund, card)) == "consent-words-differ"
    assert len(card.sent(SIGN)) == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [(CHALLENGES, "right-missing"), (CONSENTS, "challenge-expired"), (CONSENTS, "database-unavailable")],
)
def test_a_refused_consent_leaves_the_answer(path: str, code: str) -> None:
    fund, card = FakeFund(failures={path: [code]}), FakeCard()
    outcome = tapped(fund, card)
    assert (code_of(outcome), outcome.problem, outcome.answer) == (code, None, fund.answer)
    assert (fund.calls.count(path), card.closed) == (1, 1)


def test_a_second_lost_answer_is_the_problem() -> None:
    assert code_of(tapped(FakeFund(failures={CONSENTS: ["lost", "lost"]}))) == "fund-unreachable"


def test_a_card_that_goes_before_it_signed_again_is_the_consents_problem() -> None:
    class Going(FakeCard):
        def _sign(self, prepared: bytes) -> bytes:
            if len(self.sent(SIGN)) == 2:
                raise ConnectionResetError
            return super()._sign(prepared)

    fund, card = FakeFund(), Going()
    outcome = tapped(fund, card)
    assert (code_of(outcome), outcome.answer, card.closed) == ("card-removed", fund.answer, 1)


def test_a_record_that_is_none_ends_the_consent() -> None:
    fund = FakeFund(answer=builders.answer(record_id="record-1"))
    assert code_of(tapped(fund)) == "fund-unreadable"


def test_by_visual_check_the_consent_has_its_own_tag_and_names_the_operator() -> None:
    fund, card = FakeFund(), FakeCard(tries_left=0)
    outcome = tapped(fund, card, ScriptedPrompts(pins=[]), operator="受付 見本")
    assert consent_of(outcome).answer is not None
    assert fund.consents.given[0].operator == "受付 見本"
    tags = [bytes.fromhex(command)[5:].split(b"\0")[0] for command in card.sent(SIGN_MESSAGE)]
    assert tags == [b"SHIKAKU visual-check v1", b"SHIKAKU visual-consent v1"]
    assert card.sent(VERIFY) == []


def test_every_step_of_a_consent_is_timed() -> None:
    steps = tapped(FakeFund()).timings.steps
    assert {"consent-challenge", "consent-words", "consent-sign", "consent"} <= set(steps)
