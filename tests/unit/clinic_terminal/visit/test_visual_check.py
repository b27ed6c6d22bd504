"""A tap by visual check (目視確認): no PIN, the operator's name, a route that not every card or terminal has."""

from __future__ import annotations

from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.tokens import Credential
from tests.unit.clinic_terminal.builders import credential_without_certificate, p384_key
from tests.unit.clinic_terminal.fake_card import (
    GET_CHALLENGE,
    PROVE_TERMINAL,
    READ,
    SELECT,
    SELECT_FILE,
    SIGN_MESSAGE,
    TERMINAL_CERTIFICATE,
    TERMINAL_CERTIFICATE_CHAINED,
    VERIFY,
    FakeCard,
)
from tests.unit.clinic_terminal.fake_fund import FakeFund
from tests.unit.clinic_terminal.scripted_prompts import ScriptedPrompts


def checked(
    card: FakeCard, fund: FakeFund, *, credential: Credential | None = None, agrees: bool = False
) -> TapOutcome:
    prompts = ScriptedPrompts(pins=[], agrees=agrees)
    with fund.client(credential) as client:
        return tap(card, client, prompts, TapRequest(operator="受付 太郎"), Stopwatch())


def code_of(outcome: TapOutcome) -> str | None:
    return outcome.problem.code if outcome.problem else None


def test_the_answer_comes_without_a_pin_and_with_the_operator_on_record() -> None:
    fund = FakeFund()
    card = FakeCard(tries_left=0)
    outcome = checked(card, fund)
    assert outcome.answer == fund.answer
    assert outcome.tries_left is None
    assert fund.calls[-1] == "/v1/eligibility/visual-check"
    assert fund.bodies[-1]["operator"] == "受付 太郎"
    assert card.sent(VERIFY) == []
    assert card.closed == 1


def test_a_p384_card_can_be_checked_too() -> None:
    assert checked(FakeCard(key=p384_key()), FakeFund()).answer is not None


def test_no_command_is_sent_twice() -> None:
    card = FakeCard()
    outcome = checked(card, FakeFund())
    reads, chained = len(card.sent(READ)), len(card.sent(TERMINAL_CERTIFICATE_CHAINED))
    beginnings = [
        SELECT,
        SELECT_FILE,
        *[READ] * reads,
        *[TERMINAL_CERTIFICATE_CHAINED] * chained,
        TERMINAL_CERTIFICATE,
        GET_CHALLENGE,
        PROVE_TERMINAL,
        SIGN_MESSAGE,
    ]
    assert len(card.commands) == len(beginnings) == outcome.timings.apdus
    assert all(command.startswith(begin) for command, begin in zip(card.commands, beginnings, strict=True))


def test_what_the_card_signs_begins_with_the_visual_checks_tag() -> None:
    card = FakeCard()
    checked(card, FakeFund())
    assert bytes.fromhex(card.sent(SIGN_MESSAGE)[0])[5:].startswith(b"SHIKAKU visual-check v1\0")


def test_a_terminal_without_a_certificate_leaves_the_card_alone() -> None:
    card = FakeCard()
    outcome = checked(card, FakeFund(), credential=credential_without_certificate())
    assert code_of(outcome) == "visual-check-unsupported"
    assert card.sent(TERMINAL_CERTIFICATE) == []


def test_a_card_without_the_route_is_asked_for_by_number() -> None:
    card = FakeCard(scripted={TERMINAL_CERTIFICATE: ["6d00"], TERMINAL_CERTIFICATE_CHAINED: ["6d00"]})
    assert code_of(checked(card, FakeFund())) == "visual-check-unsupported"
    assert card.closed == 1


def test_a_phone_cannot_be_checked_by_sight() -> None:
    outcome = checked(FakeCard(certificate_needs_pin=True), FakeFund())
    assert code_of(outcome) == "visual-check-unsupported"


def test_a_visual_check_never_registers() -> None:
    fund = FakeFund(unregistered=True)
    outcome = checked(FakeCard(), fund, agrees=True)
    assert code_of(outcome) == "first-registration-needed"
    assert "/v1/registrations" not in fund.calls
