"""One tap by PIN: the order of steps, the answer, and the card unpowered in any case."""

from __future__ import annotations

from datetime import date

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.outcome import GivenUpError
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from tests.builders.clinic.fake_card import (
    READ,
    SELECT,
    SIGN,
    VERIFY,
    FakeCard,
)
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.samples import p256_key, p384_key
from tests.builders.clinic.scripted_prompts import ScriptedPrompts

CHALLENGES = "/v1/presence/challenges"
CARD = "/v1/eligibility/card"
REGISTRATIONS = "/v1/registrations"


def run_tap(
    card: FakeCard,
    fund: FakeFund | None = None,
    prompts: ScriptedPrompts | None = None,
    request: TapRequest | None = None,
) -> TapOutcome:
    with (fund or FakeFund()).client() as client:
        return tap(card, client, prompts or ScriptedPrompts(), request or TapRequest(), Stopwatch())


def code_of(outcome: TapOutcome) -> str | None:
    return outcome.problem.code if outcome.problem else None


@pytest.mark.parametrize("card", [FakeCard(), FakeCard(key=p384_key())], ids=["rsa", "p-384"])
def test_a_tap_ends_with_the_funds_answer_and_the_card_unpowered(card: FakeCard) -> None:
    fund = FakeFund()
    outcome = run_tap(card, fund)
    assert outcome.answer == fund.answer
    assert (outcome.problem, outcome.tries_left, outcome.registered) == (None, 3, False)
    assert card.closed == 1


def test_no_command_is_sent_twice_and_the_certificate_comes_before_the_pin() -> None:
    card = FakeCard()
    outcome = run_tap(card)
    chunks = len(card.sent(READ))
    beginnings = [SELECT, "00a4020c", *[READ] * chunks, VERIFY, VERIFY + "04", SIGN]
    assert len(card.commands) == len(beginnings) == outcome.timings.apdus
    assert all(command.startswith(begin) for command, begin in zip(card.commands, beginnings, strict=True))


def test_the_challenge_is_fetched_after_the_pin() -> None:
    fund = FakeFund()
    card = FakeCard(pin=b"0000")
    outcome = run_tap(card, fund)
    assert code_of(outcome) == "pin-wrong"
    assert fund.calls == []


def test_the_day_is_sent() -> None:
    fund = FakeFund()
    run_tap(FakeCard(), fund, request=TapRequest(as_of=date(2026, 1, 31)))
    assert fund.bodies[-1]["as_of"] == "2026-01-31"


def test_no_pin_is_sent_to_the_fund() -> None:
    fund = FakeFund()
    run_tap(FakeCard(), fund)
    assert "1234" not in [value for body in fund.bodies for value in body.values()]


def test_a_phones_certificate_is_read_after_the_pin() -> None:
    card = FakeCard(certificate_needs_pin=True)
    assert run_tap(card).answer is not None
    reads = [index for index, command in enumerate(card.commands) if command.startswith(READ)]
    verified = card.commands.index(card.sent(VERIFY + "04")[0])
    assert reads[0] < verified < reads[1]


def test_a_wrong_pin_is_asked_again_with_the_reason_and_the_tries_left() -> None:
    prompts = ScriptedPrompts(["9999", "123", "1234"])
    card = FakeCard()
    outcome = run_tap(card, prompts=prompts)
    assert outcome.answer is not None
    assert prompts.asked == [(3, None), (2, "pin-wrong"), (2, "pin-malformed")]
    assert len(card.sent(VERIFY + "04")) == 2


@pytest.mark.parametrize(
    ("pins", "code", "tries_left", "verifies"),
    [
        (["9999"], "pin-wrong", 2, 1),
        (["9999", "8888"], "pin-wrong", 1, 2),
        (["9999", "8888", "7777"], "pin-locked", 0, 3),
        (["12"], "pin-malformed", 3, 0),
    ],
)
def test_a_pin_is_tried_only_as_often_as_it_was_typed(
    pins: list[str], code: str, tries_left: int, verifies: int
) -> None:
    card = FakeCard()
    outcome = run_tap(card, prompts=ScriptedPrompts(pins))
    assert (code_of(outcome), outcome.tries_left) == (code, tries_left)
    assert len(card.sent(VERIFY + "04")) == verifies
    assert card.closed == 1


def test_a_locked_pin_is_not_asked_for() -> None:
    prompts = ScriptedPrompts()
    outcome = run_tap(FakeCard(tries_left=0), prompts=prompts)
    assert (code_of(outcome), outcome.tries_left, prompts.asked) == ("pin-locked", 0, [])


@pytest.mark.parametrize(
    ("scripted", "code"),
    [
        ({SELECT: ["6a82"]}, "card-not-my-number"),
        ({READ: ["6a82"]}, "card-unexpected"),
        ({VERIFY: ["6a82"]}, "pin-unset"),
        ({SIGN: ["6985"]}, "card-unexpected"),
    ],
)
def test_a_refusal_of_the_card_is_a_problem_and_the_card_is_unpowered(
    scripted: dict[str, list[str]], code: str
) -> None:
    card = FakeCard(scripted=scripted)
    assert code_of(run_tap(card)) == code
    assert card.closed == 1


@pytest.mark.parametrize("removed_at", [SELECT, READ, VERIFY, VERIFY + "04", SIGN])
def test_a_removed_card_is_a_problem_and_no_command_follows(removed_at: str) -> None:
    card = FakeCard(removed_at=removed_at)
    outcome = run_tap(card)
    assert code_of(outcome) == "card-removed"
    assert card.commands[-1].startswith(removed_at)
    assert len(card.sent(VERIFY + "04")) <= 1
    assert card.closed == 1


def test_after_a_connection_lost_during_verify_the_tries_left_are_unknown() -> None:
    assert run_tap(FakeCard(removed_at=VERIFY + "04")).tries_left is None


def test_a_card_with_an_unsupported_key_is_rejected_by_the_terminal() -> None:
    assert code_of(run_tap(FakeCard(key=p256_key()))) == "certificate-key-type"


@pytest.mark.parametrize("giving_up", [GivenUpError, KeyboardInterrupt])
def test_giving_up_at_a_question_powers_the_card_down(giving_up: type[BaseException]) -> None:
    class CancellingPrompts(ScriptedPrompts):
        def pin(self, tries_left: int, earlier: CardError | None) -> str:
            raise giving_up

    card = FakeCard()
    outcome = run_tap(card, prompts=CancellingPrompts())
    assert (outcome.answer, outcome.problem, outcome.tries_left) == (None, None, 3)
    assert (card.sent(VERIFY + "04"), card.closed) == ([], 1)


def test_an_interrupted_command_powers_the_card_down() -> None:
    class Interrupted(FakeCard):
        def _sign(self, prepared: bytes) -> bytes:
            raise KeyboardInterrupt

    card = Interrupted()
    outcome = run_tap(card)
    assert (outcome.answer, outcome.problem, card.closed) == (None, None, 1)


def test_a_terminated_program_powers_the_card_down() -> None:
    class Ended(FakeCard):
        def _sign(self, prepared: bytes) -> bytes:
            raise SystemExit

    card = Ended()
    with pytest.raises(SystemExit):
        run_tap(card)
    assert card.closed == 1


@pytest.mark.parametrize("failure", ["lost", "gateway", "challenge-used"])
def test_a_lost_answer_is_asked_again_once_with_a_new_challenge_in_the_same_session(failure: str) -> None:
    fund = FakeFund(failures={CARD: [failure]})
    card = FakeCard()
    assert run_tap(card, fund).answer == fund.answer
    assert fund.calls == ["/v1/token", CHALLENGES, CARD, CHALLENGES, CARD]
    assert (len(card.sent(SELECT)), len(card.sent(VERIFY + "04")), len(card.sent(SIGN))) == (1, 1, 2)


def test_a_second_lost_answer_is_the_problem() -> None:
    fund = FakeFund(failures={CARD: ["lost", "lost"]})
    assert code_of(run_tap(FakeCard(), fund)) == "fund-unreachable"
    assert fund.calls.count(CARD) == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (CHALLENGES, "overloaded"),
        (CARD, "certificate-revoked"),
        (CARD, "revocation-unavailable"),
        (CARD, "challenge-expired"),
        (CARD, "right-missing"),
    ],
)
def test_a_refusal_is_not_retried(path: str, code: str) -> None:
    fund = FakeFund(failures={path: [code]})
    card = FakeCard()
    assert code_of(run_tap(card, fund)) == code
    assert fund.calls.count(path) == 1
    assert card.closed == 1


def test_an_unreachable_fund_is_a_technical_problem() -> None:
    outcome = run_tap(FakeCard(), FakeFund(failures={CHALLENGES: ["lost"]}))
    assert code_of(outcome) == "fund-unreachable"


def test_an_agreed_first_registration_is_made_in_the_same_session_and_the_check_repeated() -> None:
    fund = FakeFund(unregistered=True)
    card = FakeCard()
    outcome = run_tap(card, fund, ScriptedPrompts(agrees=True))
    assert outcome.answer == fund.answer
    assert outcome.registered
    assert fund.calls[1:] == [CHALLENGES, CARD, CHALLENGES, REGISTRATIONS, CHALLENGES, CARD]
    purposes = [body["purpose"] for body in fund.bodies if "purpose" in body]
    assert purposes == ["eligibility", "first-registration", "eligibility"]
    assert (len(card.sent(VERIFY + "04")), len(card.sent(SIGN))) == (1, 3)


def test_without_agreement_nothing_is_registered() -> None:
    fund = FakeFund(unregistered=True)
    outcome = run_tap(FakeCard(), fund, ScriptedPrompts(agrees=False))
    assert (code_of(outcome), outcome.registered) == ("first-registration-needed", False)
    assert REGISTRATIONS not in fund.calls


def test_a_registered_card_is_not_offered_for_registration() -> None:
    prompts = ScriptedPrompts()
    run_tap(FakeCard(), prompts=prompts)
    assert prompts.agreement_asked == 0


def test_a_lost_registration_is_retried_once() -> None:
    fund = FakeFund(unregistered=True, failures={REGISTRATIONS: ["lost"]})
    assert run_tap(FakeCard(), fund, ScriptedPrompts(agrees=True)).registered
    assert fund.calls.count(REGISTRATIONS) == 2


def test_a_refused_registration_is_the_problem() -> None:
    fund = FakeFund(unregistered=True, failures={REGISTRATIONS: ["registration-conflict"]})
    outcome = run_tap(FakeCard(), fund, ScriptedPrompts(agrees=True))
    assert (code_of(outcome), outcome.registered) == ("registration-conflict", False)


def test_every_step_is_timed() -> None:
    steps = run_tap(FakeCard()).timings.steps
    assert set(steps) == {
        "select", "certificate", "tries-left", "pin-entry", "verify", "challenge", "sign", "answer", "close"
    }  # fmt: skip


def test_the_requests_of_a_tap_are_one_trace_and_the_next_tap_is_another() -> None:
    fund = FakeFund()
    traces = []
    for _ in range(2):
        run_tap(FakeCard(), fund)
        traces.append({headers["traceparent"].split("-")[1] for headers in fund.headers})
        assert len(fund.headers) >= 3
        fund.headers.clear()
    assert [len(found) for found in traces] == [1, 1]
    assert traces[0] != traces[1]
