"""The reader over cards of the test: what a patient presses, what the card and the fund then do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.pages.reader import journey
from clinic_terminal.pages.reader.journey import Choice, Position, Step
from clinic_terminal.pages.reader.service import StripState
from eligibility_api.contract.codes import Category, Information, Validity
from eligibility_api.contract.consent_versions import Language
from jpki_mock.card.in_process import open_card
from tests.builders import cards
from tests.builders.clinic import samples
from tests.builders.clinic.fake_card import SIGN, VERIFY, FakeCard
from tests.builders.clinic.reader_rig import ReaderRig, reader_rig

WAIT_SECONDS = 10.0


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ReaderRig]:
    with reader_rig(tmp_path) as rig, rig.pages.reader.running():
        yield rig


def until(rig: ReaderRig, holds: Callable[[Position], bool]) -> Position:
    """The position for which something holds, as soon as it does."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds(position := rig.pages.reader.shown.position):
        assert time.monotonic() < deadline, position.step
        time.sleep(0.002)
    return position


def at(rig: ReaderRig, step: Step) -> Position:
    return until(rig, lambda position: position.step is step)


def press(rig: ReaderRig, choice: Choice, pin: str | None = None) -> None:
    rig.pages.reader.choose(rig.pages.reader.shown.version, choice, pin)


def enter(rig: ReaderRig, pin: str) -> None:
    at(rig, Step.PIN)
    press(rig, Choice.SEND, pin)


def strip_of(rig: ReaderRig) -> StripState:
    return rig.pages.reader.strip.state


def place(rig: ReaderRig, card: FakeCard) -> FakeCard:
    rig.place(lambda: card)
    return card


def test_a_patient_enters_the_pin_agrees_and_takes_the_card(rig: ReaderRig) -> None:
    card = place(rig, FakeCard())
    assert at(rig, Step.METHOD).tries_left == 3
    press(rig, Choice.PIN)
    enter(rig, "1234")
    consent = at(rig, Step.CONSENT)
    assert "架空診療所" in consent.words
    assert consent.facility == "架空診療所"
    press(rig, Choice.ALL)
    done = at(rig, Step.DONE)
    assert not done.consent_lost
    outcome = rig.kept_after(1)[0]
    assert outcome.consent is not None
    assert outcome.consent.answer is not None
    assert Category.SURGERY in [allowed.category for allowed in outcome.consent.answer.allowed]
    assert card.closed >= 1
    rig.empty()
    assert at(rig, Step.IDLE) == Position(Step.IDLE)


def test_what_is_signed_is_what_was_chosen_one_by_one(rig: ReaderRig) -> None:
    place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    all_words = at(rig, Step.CONSENT).words
    press(rig, Choice.EACH)
    for number, choice in enumerate([Choice.NO, Choice.YES, Choice.NO, Choice.NO, Choice.NO]):
        until(rig, lambda position, number=number: position.question == number)  # type: ignore[misc]
        press(rig, choice)
    again = at(rig, Step.CONSENT)
    assert again.words != all_words
    press(rig, Choice.YES)
    at(rig, Step.DONE)
    assert [request.statement.categories for request in rig.fund.consents.requests] == [
        (Category.HEALTH_CHECKUP,)
    ]


def test_the_pin_is_kept_nowhere_after_the_card_has_it(rig: ReaderRig) -> None:
    card = place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    at(rig, Step.CONSENT)
    assert [bytes.fromhex(command)[5:] for command in card.sent(VERIFY) if len(command) > 10] == [b"1234"]
    assert "1234" not in repr(vars(rig.pages.reader))


def test_a_wrong_pin_is_asked_again_up_to_the_last_try(rig: ReaderRig) -> None:
    card = place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "9999")
    assert until(rig, lambda position: position.tries_left == 2).earlier == "pin-wrong"
    enter(rig, "12")
    assert until(rig, lambda position: position.earlier == "pin-malformed").tries_left == 2
    enter(rig, "8888")
    assert at(rig, Step.LAST_TRY).tries_left == 1
    press(rig, Choice.SEND, "7777")  # the last try asks first
    assert card.tries_left == 1
    press(rig, Choice.PIN)
    enter(rig, "7777")
    assert at(rig, Step.LOCKED).called
    assert strip_of(rig) is StripState.STAFF_CALLED
    assert card.tries_left == 0


def test_a_button_of_an_earlier_screen_does_nothing(rig: ReaderRig) -> None:
    card = place(rig, FakeCard())
    at(rig, Step.METHOD)
    old = rig.pages.reader.shown.version
    press(rig, Choice.PIN)
    at(rig, Step.PIN)
    rig.pages.reader.choose(old, Choice.SEND, "9999")
    assert at(rig, Step.PIN).reply is None
    assert card.tries_left == 3


@pytest.mark.parametrize("steps", [[], [Choice.PIN]], ids=["method", "pin"])
def test_a_card_that_is_taken_at_a_question_uses_no_try(rig: ReaderRig, steps: list[Choice]) -> None:
    card = place(rig, FakeCard())
    at(rig, Step.METHOD)
    for choice in steps:
        press(rig, choice)
    rig.take()
    assert not at(rig, Step.REMOVED).pin_sent
    assert card.tries_left == 3
    rig.later(11)
    at(rig, Step.IDLE)


def test_a_card_that_is_taken_at_the_consent_leaves_the_answer_and_no_consent(rig: ReaderRig) -> None:
    place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    at(rig, Step.CONSENT)
    rig.take()
    removed = at(rig, Step.REMOVED)
    assert (removed.consent_lost, removed.after, removed.called) == (True, Step.DONE, False)
    assert rig.kept_after(1)[0].answer == rig.fund.answer
    assert rig.fund.consents.requests == []
    rig.later(journey.REMOVED_SECONDS - 1)
    rig.passes()
    assert rig.pages.reader.shown.position.step is Step.REMOVED
    rig.later(2)
    at(rig, Step.IDLE)


def test_a_call_without_a_card_ends_after_some_minutes(rig: ReaderRig) -> None:
    press(rig, Choice.CALL)
    rig.passes()
    assert strip_of(rig) is StripState.STAFF_CALLED
    rig.later(journey.WITHOUT_CARD_SECONDS - 1)
    rig.passes()
    press(rig, Choice.CALL)  # again: from then on
    rig.later(journey.WITHOUT_CARD_SECONDS - 1)
    rig.passes()
    assert strip_of(rig) is StripState.STAFF_CALLED
    rig.later(2)
    until(rig, lambda position: not position.called)
    assert strip_of(rig) is StripState.IDLE


def test_a_call_without_a_reader_stays(rig: ReaderRig) -> None:
    rig.fault = CardError("reader-missing")
    at(rig, Step.READER)
    press(rig, Choice.CALL)
    rig.passes()
    assert strip_of(rig) is StripState.STAFF_CALLED
    rig.fault = None
    assert at(rig, Step.IDLE).called


def test_the_screen_of_a_missing_reader_does_not_change_while_it_is_missing(rig: ReaderRig) -> None:
    rig.fault = CardError("reader-missing")
    at(rig, Step.READER)
    rig.later(30)
    version = rig.pages.reader.shown.version
    rig.passes()
    assert rig.pages.reader.shown.version == version


def test_a_fund_that_does_not_answer_calls_the_staff_as_its_screen_promises(rig: ReaderRig) -> None:
    waits = threading.Event()
    card = FakeCard()

    def slow() -> FakeCard:
        waits.wait(WAIT_SECONDS)
        return card

    rig.place(slow)
    at(rig, Step.READING)
    rig.pages.reader._move(journey.work)
    assert strip_of(rig) is StripState.IN_USE
    rig.later(journey.GIVE_UP_SECONDS)
    assert strip_of(rig) is StripState.STAFF_CALLED
    waits.set()


@pytest.mark.parametrize("at_step", [Step.IDLE, Step.METHOD, Step.CONSENT])
def test_the_words_are_in_the_language_of_the_screen_when_they_are_asked_for(
    rig: ReaderRig, at_step: Step
) -> None:
    def choose_english(step: Step) -> None:
        at(rig, step)
        if step is at_step:
            press(rig, Choice.ENGLISH)

    choose_english(Step.IDLE)
    place(rig, FakeCard())
    choose_english(Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    choose_english(Step.CONSENT)
    asked = until(rig, lambda position: position.language is Language.EN)
    expected = Language.JA if at_step is Step.CONSENT else Language.EN
    assert (at(rig, Step.CONSENT).words_language, asked.language) == (expected, Language.EN)
    press(rig, Choice.ALL)
    at(rig, Step.DONE)
    assert [request.statement.language for request in rig.fund.consents.requests] == [expected]
    rig.empty()
    assert at(rig, Step.IDLE) == Position(Step.IDLE)


def test_a_language_does_not_begin_the_wait_for_the_fund_anew(rig: ReaderRig) -> None:
    rig.pages.reader._move(journey.work)
    rig.later(9)
    press(rig, Choice.ENGLISH)
    press(rig, Choice.CALL)
    assert rig.pages.reader.shown.seconds >= 9


def test_a_card_that_is_taken_while_it_signs_is_shown(rig: ReaderRig) -> None:
    place(rig, FakeCard(removed_at=SIGN))
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    assert at(rig, Step.REMOVED).pin_sent


def test_without_a_connection_nothing_is_asked(rig: ReaderRig) -> None:
    rig.fund.failures["/v1/token"] = ["lost"] * 5
    card = place(rig, FakeCard())
    assert at(rig, Step.NETWORK).called
    assert card.commands == []


@pytest.mark.parametrize(
    ("failure", "step"),
    [
        ("lost", Step.NETWORK),
        ("card-not-usable", Step.OTHER),
        ("certificate-revoked", Step.HELD),
        ("challenge-expired", Step.AGAIN),
    ],
)
def test_a_failure_of_the_fund_has_its_screen(rig: ReaderRig, failure: str, step: Step) -> None:
    rig.fund.failures["/v1/eligibility/card"] = [failure] * 4
    place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    assert at(rig, step).words == ""
    assert rig.kept_after(1)[0].problem is not None


@pytest.mark.parametrize(("agrees", "step"), [(Choice.YES, Step.CONSENT), (Choice.NO, Step.READ)])
def test_an_unregistered_card_is_registered_only_by_its_holder(
    rig: ReaderRig, agrees: Choice, step: Step
) -> None:
    rig.fund.unregistered = True
    place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    at(rig, Step.REGISTER)
    press(rig, agrees)
    at(rig, step)
    assert ("/v1/registrations" in rig.fund.calls) is (agrees is Choice.YES)


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({}, Step.STAFF),
        ({"pins": cards.pins(authentication=cards.pin("1234", 3, 0))}, Step.LOCKED),
    ],
    ids=["chosen", "locked"],
)
def test_the_staff_checks_the_face_and_the_card_answers_without_a_pin(
    rig: ReaderRig, tmp_path: Path, changes: dict[str, Any], step: Step
) -> None:
    path = cards.card_file(tmp_path, **changes)
    rig.place(lambda: open_card(path))
    if step is Step.STAFF:
        at(rig, Step.METHOD)
        press(rig, Choice.STAFF)
    at(rig, step)
    assert rig.pages.reader.visual_check("見本　職員")
    at(rig, Step.CONSENT)
    press(rig, Choice.NO)
    at(rig, Step.DONE)
    operators = [body.get("operator") for body in rig.fund.bodies if "proof" in body or "signature" in body]
    assert operators == ["見本　職員"]
    assert rig.kept_after(1)[-1].answer == rig.fund.answer


def test_a_card_without_a_pin_calls_the_staff(rig: ReaderRig) -> None:
    place(rig, FakeCard(scripted={VERIFY: ["6a88"] * 3}))
    assert at(rig, Step.UNSET).called


def test_no_visual_check_without_a_card_that_waits(rig: ReaderRig) -> None:
    assert not rig.pages.reader.visual_check("見本　職員")
    place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    at(rig, Step.CONSENT)
    assert not rig.pages.reader.visual_check("見本　職員")


def test_who_goes_away_at_the_pin_is_asked_and_then_reminded_of_the_card(rig: ReaderRig) -> None:
    card = place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    at(rig, Step.PIN)
    rig.later(61)
    until(rig, lambda position: position.more)
    rig.later(21)
    assert at(rig, Step.TAKE).left
    assert strip_of(rig) is StripState.CARD_LEFT
    assert card.tries_left == 3


def test_typing_keeps_the_question_open(rig: ReaderRig) -> None:
    place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    at(rig, Step.PIN)
    rig.later(40)
    press(rig, Choice.TOUCH)
    rig.later(40)
    assert 40 <= rig.pages.reader.shown.seconds < 60


def test_a_facility_that_asks_for_nothing_shows_no_question(tmp_path: Path) -> None:
    with reader_rig(tmp_path, information=frozenset()) as rig, rig.pages.reader.running():
        place(rig, FakeCard())
        at(rig, Step.METHOD)
        press(rig, Choice.PIN)
        enter(rig, "1234")
        at(rig, Step.DONE)
        assert rig.kept_after(1)[0].consent is None


def test_a_facility_asks_only_for_its_information(tmp_path: Path) -> None:
    asked = frozenset({Information.HEALTH_CHECKUP})
    with reader_rig(tmp_path, information=asked) as rig, rig.pages.reader.running():
        place(rig, FakeCard())
        at(rig, Step.METHOD)
        press(rig, Choice.PIN)
        enter(rig, "1234")
        assert at(rig, Step.CONSENT).groups == ((Category.HEALTH_CHECKUP,),)


def test_the_keys_are_shuffled_by_setting(tmp_path: Path) -> None:
    orders = set()
    with reader_rig(tmp_path, shuffle_pin=True) as rig, rig.pages.reader.running():
        place(rig, FakeCard())
        for _ in range(5):
            keys = at(rig, Step.METHOD).keys
            assert sorted(keys) == list(range(10))
            orders.add(keys)
            rig.take()
            at(rig, Step.REMOVED)
            place(rig, FakeCard())
    assert len(orders) > 1


def test_a_reader_that_is_unplugged_is_shown_and_comes_back(rig: ReaderRig) -> None:
    rig.fault = CardError("reader-missing")
    at(rig, Step.READER)
    assert strip_of(rig) is StripState.FAILED
    rig.fault = None
    at(rig, Step.IDLE)
    assert strip_of(rig) is StripState.IDLE


def test_an_unexpected_failure_leaves_the_next_patient_a_reader(
    rig: ReaderRig, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> FakeCard:
        raise RuntimeError("1234")

    rig.place(broken)
    at(rig, Step.NETWORK)
    assert "RuntimeError" in caplog.text
    assert "1234" not in caplog.text
    rig.empty()
    at(rig, Step.IDLE)
    place(rig, FakeCard())
    at(rig, Step.METHOD)


def test_a_card_of_something_else_is_named(rig: ReaderRig) -> None:
    place(rig, FakeCard(scripted={"00a4040c": ["6a82"]}))
    assert at(rig, Step.CARD).code == "card-not-my-number"


def test_an_answer_other_than_valid_only_shows_that_the_staff_helps(rig: ReaderRig) -> None:
    rig.fund.answer = samples.answer(Validity.NOT_FOUND, [])
    place(rig, FakeCard())
    at(rig, Step.METHOD)
    press(rig, Choice.PIN)
    enter(rig, "1234")
    at(rig, Step.CONSENT)
    press(rig, Choice.NO)
    at(rig, Step.READ)
