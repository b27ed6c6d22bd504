"""A tap by visual check (目視確認): no PIN, and the operator's name.

Not every card or terminal supports the procedure.
"""

from __future__ import annotations

from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.tokens import Credential
from tests.builders.clinic.fake_card import (
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
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.samples import credential_without_certificate, p384_key
from tests.builders.clinic.scripted_prompts import ScriptedPrompts


def run_check(
    card: FakeCard, fund: FakeFund, *, credential: Credential | None = None, agrees: bool = False
) -> TapOutcome:
    prompts = ScriptedPrompts(pins=[], agrees=agrees)
    with fund.client(credential) as client:
        return tap(card, client, prompts, TapRequest(operator="受付 太郎"), Stopwatch())


def code_of(outcome: TapOutcome) -> str | None:
    return outcome.problem.code if outcome.problem else None


def test_the_answer_needs_no_pin_and_the_operator_is_recorded() -> None:
    fund = FakeFund()
    card = FakeCard(tries_left=0)
    outcome = run_check(card, fund)
    assert outcome.answer == fund.answer
    assert outcome.tries_left is None
    assert fund.calls[-1] == "/v1/eligibility/visual-check"
    assert fund.bodies[-1]["operator"] == "受付 太郎"
    assert card.sent(VERIFY) == []
    assert card.closed == 1


def test_a_p384_card_can_be_checked_too() -> None:
    assert run_check(FakeCard(key=p384_key()), FakeFund()).answer is not None


def test_no_command_is_sent_twice() -> None:
    card = FakeCard()
    outcome = run_check(card, FakeFund())
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


def test_the_signed_bytes_begin_with_the_tag_of_the_visual_check() -> None:
    card = FakeCard()
    run_check(card, FakeFund())
    assert bytes.fromhex(card.sent(SIGN_MESSAGE)[0])[5:].startswith(b"SHIKAKU visual-check v1\0")


def test_a_terminal_without_a_certificate_sends_none() -> None:
    card = FakeCard()
    outcome = run_check(card, FakeFund(), credential=credential_without_certificate())
    assert code_of(outcome) == "visual-check-unsupported"
    assert card.sent(TERMINAL_CERTIFICATE) == []


def test_a_card_without_the_procedure_is_unsupported() -> None:
    card = FakeCard(scripted={TERMINAL_CERTIFICATE: ["6d00"], TERMINAL_CERTIFICATE_CHAINED: ["6d00"]})
    assert code_of(run_check(card, FakeFund())) == "visual-check-unsupported"
    assert card.closed == 1


def test_a_phone_is_unsupported() -> None:
    outcome = run_check(FakeCard(certificate_needs_pin=True), FakeFund())
    assert code_of(outcome) == "visual-check-unsupported"


def test_a_card_without_a_photo_is_refused_with_its_own_sentence() -> None:
    """A card that was issued before the first birthday knows the PIN alone."""
    card = FakeCard(scripted={TERMINAL_CERTIFICATE: ["6a88"], TERMINAL_CERTIFICATE_CHAINED: ["6a88"]})
    outcome = run_check(card, FakeFund())
    assert code_of(outcome) == "visual-check-no-photo"
    assert outcome.problem is not None
    assert "暗証番号" in outcome.problem.entry.ja


def test_an_agreed_first_registration_is_made_in_the_same_session_with_the_operator() -> None:
    """Rule B1 (E12): a card without a PIN has no other way."""
    fund = FakeFund(unregistered=True)
    card = FakeCard(tries_left=0)
    outcome = run_check(card, fund, agrees=True)
    assert (outcome.answer, outcome.registered) == (fund.answer, True)
    purposes = [body["purpose"] for body in fund.bodies if "purpose" in body]
    assert purposes == ["visual-check", "visual-registration", "visual-check"]
    [registration] = [body for body in fund.bodies if "agreed" in body]
    assert (registration["agreed"], registration["operator"]) == (True, "受付 太郎")
    tags = [bytes.fromhex(command)[5:].split(b"\0")[0] for command in card.sent(SIGN_MESSAGE)]
    assert tags == [
        b"SHIKAKU visual-check v1",
        b"SHIKAKU visual-registration v1",
        b"SHIKAKU visual-check v1",
    ]
    assert card.sent(VERIFY) == []


def test_without_agreement_nothing_is_registered() -> None:
    fund = FakeFund(unregistered=True)
    outcome = run_check(FakeCard(), fund, agrees=False)
    assert (code_of(outcome), outcome.registered) == ("first-registration-needed", False)
    assert "/v1/registrations" not in fund.calls


def test_a_terminal_without_the_right_to_register_registers_nothing() -> None:
    fund = FakeFund(unregistered=True, failures={"/v1/registrations": ["right-missing"]})
    outcome = run_check(FakeCard(), fund, agrees=True)
    assert (code_of(outcome), outcome.registered) == ("right-missing", False)
