"""The patient's steps at the reader, as tables: what is pressed, what happens, how long nothing happens."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from clinic_terminal.pages.reader import journey
from clinic_terminal.pages.reader.journey import Choice, Position, Reply, Step
from clinic_terminal.visit.information import ASKED, by_information
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent_versions import Language

GROUPS = by_information(ASKED)
CHECKUP, MEDICINES, SURGERY = GROUPS[1], GROUPS[2], GROUPS[-1]
METHOD = journey.ask_pin(journey.card_in(journey.IDLE), 3)
PIN = journey.choose(METHOD, Choice.PIN)
CONSENT = journey.ask_consent(Position(Step.WORKING), "words", (CHECKUP, MEDICINES, SURGERY))


def name_of(value: object) -> str:
    """The name of a case's value."""
    if isinstance(value, Position):
        return f"{value.step}-{value.tries_left}"
    return "-".join(value) if isinstance(value, list) else str(value)


def pressed(position: Position, *choices: Choice) -> Position:
    for choice in choices:
        position = journey.choose(position, choice)
    return position


@pytest.mark.parametrize(
    ("position", "choices", "step", "reply"),
    [
        (METHOD, [Choice.PIN], Step.PIN, None),
        (METHOD, [Choice.STAFF], Step.STAFF, Reply.STAFF),
        (METHOD, [Choice.SEND], Step.METHOD, None),
        (PIN, [Choice.SEND], Step.WORKING, Reply.PIN),
        (PIN, [Choice.STAFF], Step.STAFF, Reply.STAFF),
        (PIN, [Choice.YES], Step.PIN, None),
        (journey.ask_pin(PIN, 1, "pin-wrong"), [], Step.LAST_TRY, None),
        (journey.ask_pin(PIN, 1, "pin-wrong"), [Choice.SEND], Step.LAST_TRY, None),
        (journey.ask_pin(PIN, 1, "pin-wrong"), [Choice.PIN], Step.PIN, None),
        (journey.ask_pin(journey.card_in(journey.IDLE), 1), [Choice.PIN], Step.LAST_TRY, None),
        (journey.ask_pin(PIN, 2, "pin-wrong"), [], Step.PIN, None),
        (pressed(METHOD, Choice.STAFF), [Choice.STOP], Step.TAKE, None),
        (journey.ask_registration(METHOD), [Choice.YES], Step.WORKING, Reply.AGREED),
        (journey.ask_registration(METHOD), [Choice.NO], Step.WORKING, Reply.REFUSED),
        (Position(Step.GRACE, after=Step.READ), [Choice.NEXT], Step.READ, None),
        (Position(Step.EXPIRING), [Choice.NEXT], Step.DONE, None),
        (journey.IDLE, [Choice.PIN, Choice.SEND, Choice.YES], Step.IDLE, None),
        (Position(Step.WORKING), [Choice.SEND, Choice.ALL], Step.WORKING, None),
        (Position(Step.OTHER), [Choice.NEXT, Choice.YES], Step.OTHER, None),
    ],
    ids=name_of,
)
def test_a_button_leads_to_the_next_step(
    position: Position, choices: list[Choice], step: Step, reply: Reply | None
) -> None:
    after = pressed(position, *choices)
    assert (after.step, after.reply) == (step, reply)


EVERYTHING = (*CHECKUP, *MEDICINES, *SURGERY)


@pytest.mark.parametrize(
    ("choices", "agreed"),
    [
        ([Choice.ALL], EVERYTHING),
        ([Choice.NO], ()),
        ([Choice.EACH, Choice.YES, Choice.YES, Choice.YES], EVERYTHING),
        ([Choice.EACH, Choice.NO, Choice.YES, Choice.NO], MEDICINES),
        ([Choice.EACH, Choice.YES, Choice.NO, Choice.NO], CHECKUP),
        ([Choice.EACH, Choice.NO, Choice.NO, Choice.NO], ()),
    ],
    ids=name_of,
)
def test_what_was_pressed_is_what_is_agreed_to(choices: list[Choice], agreed: tuple[Category, ...]) -> None:
    after = pressed(CONSENT, *choices)
    assert after.step is Step.WORKING
    assert after.agreed == agreed
    assert after.reply is (Reply.AGREED if agreed else Reply.REFUSED)


def test_surgery_is_a_question_of_its_own_and_the_last_one() -> None:
    asked = pressed(CONSENT, Choice.EACH, Choice.YES, Choice.YES)
    assert (asked.step, asked.groups[asked.question]) == (Step.EACH, SURGERY)
    assert set(SURGERY) == {Category.SURGERY, Category.DIAGNOSIS, Category.INFECTION}
    assert Category.LIMIT_CERTIFICATE not in ASKED


def test_after_a_choice_of_kinds_these_are_agreed_to_or_not() -> None:
    chosen = pressed(CONSENT, Choice.EACH, Choice.NO, Choice.YES, Choice.YES)
    again = journey.ask_consent(chosen, "fewer words", (MEDICINES, SURGERY))
    assert (again.step, again.asks_everything) == (Step.CONSENT, False)
    assert pressed(again, Choice.EACH) == again
    assert pressed(again, Choice.YES).agreed == (*MEDICINES, *SURGERY)
    assert pressed(again, Choice.NO).agreed == ()


def test_one_kind_alone_is_agreed_to_or_not() -> None:
    one = journey.ask_consent(Position(Step.WORKING), "words", (CHECKUP,))
    assert not one.asks_everything
    assert pressed(one, Choice.YES).agreed == CHECKUP


@pytest.mark.parametrize(
    "before", [METHOD, PIN, pressed(METHOD, Choice.STAFF), Position(Step.DONE)], ids=name_of
)
def test_the_staff_can_be_called_from_every_screen(before: Position) -> None:
    after = pressed(before, Choice.CALL)
    assert (after.step, after.called) == (before.step, True)


@pytest.mark.parametrize("step", sorted(journey.WITHOUT_CARD))
def test_a_call_and_a_language_without_a_card_have_an_end(step: Step) -> None:
    pressed_once = pressed(Position(step), Choice.CALL, Choice.ENGLISH)
    assert journey.wait(pressed_once, 179, 179) == pressed_once
    assert journey.wait(pressed_once, 180, 180) == Position(step)


def test_a_call_waits_for_the_reader_as_the_person_does() -> None:
    called = pressed(journey.IDLE, Choice.CALL, Choice.ENGLISH)
    missing = journey.no_reader(called)
    assert (missing.step, missing.called) == (Step.READER, True)
    assert journey.reader_back(missing) == called
    assert not journey.card_in(called).called


ENGLISH = {
    "card in": journey.card_in(pressed(journey.IDLE, Choice.ENGLISH)),
    "no reader": journey.no_reader(pressed(METHOD, Choice.ENGLISH)),
    "stopped": pressed(METHOD, Choice.ENGLISH, Choice.STAFF, Choice.STOP),
    "asked": pressed(CONSENT, Choice.ENGLISH, Choice.EACH, Choice.YES),
    "finished": journey.finish(pressed(CONSENT, Choice.ENGLISH, Choice.NO), Position(Step.DONE)),
    "waited": journey.wait(pressed(METHOD, Choice.STAFF, Choice.ENGLISH), 600, 600),
}


@pytest.mark.parametrize("position", ENGLISH.values(), ids=ENGLISH)
def test_a_language_stays_until_the_card_is_out(position: Position) -> None:
    assert position.language is Language.EN
    assert pressed(position, Choice.JAPANESE).language is Language.JA
    assert journey.IDLE.language is Language.JA


def test_a_missing_reader_holds_no_card_that_was_left() -> None:
    assert not journey.wait(Position(Step.READER), 100, 100).left


@pytest.mark.parametrize(
    ("position", "seconds"),
    [
        (METHOD, 60),
        (CONSENT, 120),
        (pressed(CONSENT, Choice.EACH), 120),
        (journey.ask_registration(METHOD), 120),
        (journey.wait(CONSENT, 120, 120), 20),
        (journey.IDLE, None),
        (Position(Step.WORKING), None),
        (Position(Step.DONE), None),
    ],
    ids=["method", "consent", "each", "register", "more", "idle", "working", "done"],
)
def test_a_question_has_its_time(position: Position, seconds: float | None) -> None:
    assert journey.question_seconds(position) == seconds


@pytest.mark.parametrize(
    ("position", "seconds", "asks"),
    [
        (Position(Step.WORKING), 14.9, False),
        (Position(Step.WORKING), 15, True),
        (Position(Step.IDLE, called=True), 0, True),
        (Position(Step.REMOVED), 0, False),
        (Position(Step.REMOVED, after=Step.READ), 0, True),
        (Position(Step.EXPIRING, after=Step.READ), 0, False),
        *((Position(step), 0, True) for step in sorted(journey.ASKS_STAFF)),
    ],
    ids=lambda value: f"{value.step}-{value.after}" if isinstance(value, Position) else str(value),
)
def test_a_screen_that_promises_the_staff_calls_them(
    position: Position, seconds: float, *, asks: bool
) -> None:
    assert journey.asks_staff(position, journey.shown(position, seconds)) is asks


@pytest.mark.parametrize(
    ("position", "seconds", "more"),
    [
        (METHOD, 59, False),
        (METHOD, 60, True),
        (PIN, 60, True),
        (journey.ask_registration(METHOD), 60, False),
        (journey.ask_registration(METHOD), 120, True),
        (CONSENT, 119, False),
        (CONSENT, 120, True),
    ],
    ids=name_of,
)
def test_a_long_silence_is_asked_about(position: Position, seconds: float, more: bool) -> None:
    after = journey.wait(position, seconds, seconds)
    assert (after.step, after.more, after.reply) == (position.step, more, None)
    assert not pressed(after, Choice.MORE).more


@pytest.mark.parametrize(
    "position", [METHOD, PIN, CONSENT, pressed(CONSENT, Choice.EACH, Choice.YES)], ids=name_of
)
def test_who_does_not_answer_tries_nothing_and_agrees_to_nothing(position: Position) -> None:
    asked = journey.wait(position, 120, 120)
    assert journey.wait(asked, 19, 139) == asked
    stopped = journey.wait(asked, 20, 140)
    assert (stopped.step, stopped.reply, stopped.agreed) == (Step.WORKING, Reply.STOPPED, ())
    assert journey.wait(position, 1, journey.PRESENCE_SECONDS).reply is Reply.STOPPED


@pytest.mark.parametrize(
    ("step", "seconds", "left"),
    [
        (Step.DONE, 4, False),
        (Step.DONE, 5, True),
        (Step.READ, 5, True),
        (Step.TAKE, 5, True),
        (Step.HELD, 19, False),
        (Step.HELD, 20, True),
        (Step.OTHER, 20, True),
        (Step.IDLE, 500, False),
        (Step.READING, 500, False),
        (Step.WORKING, 500, False),
    ],
)
def test_a_card_that_stays_is_reminded_of(step: Step, seconds: float, left: bool) -> None:
    assert journey.wait(Position(step), seconds, seconds).left is left


@pytest.mark.parametrize("step", sorted(journey.WAITING_FOR_STAFF))
def test_waiting_for_the_staff_has_an_end(step: Step) -> None:
    assert journey.wait(Position(step), 599, 599).step is step
    assert journey.wait(Position(step), 600, 600).step is Step.TAKE


@pytest.mark.parametrize(("seconds", "step"), [(0, Step.WORKING), (14.9, Step.WORKING), (15, Step.NETWORK)])
def test_a_long_wait_for_the_fund_is_shown_as_no_answer(seconds: float, step: Step) -> None:
    assert journey.shown(Position(Step.WORKING), seconds) is step
    assert journey.shown(Position(Step.DONE), seconds) is Step.DONE


def test_who_chose_the_staff_waits_for_them_and_others_take_their_card() -> None:
    waiting = pressed(METHOD, Choice.STAFF)
    assert journey.finish(waiting, Position(Step.TAKE)).step is Step.STAFF
    assert journey.finish(waiting, Position(Step.REMOVED)).step is Step.REMOVED
    assert journey.finish(Position(Step.WORKING), Position(Step.TAKE)).step is Step.TAKE


def test_an_ending_that_needs_the_staff_calls_them() -> None:
    assert journey.ASKS_STAFF
    for step in journey.ASKS_STAFF:
        assert journey.finish(Position(Step.WORKING), Position(step)).called
    assert not journey.finish(Position(Step.WORKING), Position(Step.DONE)).called


def test_a_try_is_known_to_be_used_only_after_the_pin_was_sent() -> None:
    assert not PIN.pin_sent
    assert pressed(PIN, Choice.SEND).pin_sent
    again = journey.ask_pin(pressed(PIN, Choice.SEND), 2, "pin-wrong")
    assert not again.pin_sent


def test_shuffled_keys_can_be_put_back() -> None:
    shuffled = journey.ask_pin(PIN, 2, "pin-wrong", (9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
    assert pressed(shuffled, Choice.ORDER).keys == journey.KEYS


def test_a_position_has_no_place_for_a_person_or_a_pin() -> None:
    texts = {
        field.name for field in fields(Position) if "str" in str(field.type) or "date" in str(field.type)
    }
    assert texts == {"earlier", "words", "facility", "code", "day"}
    assert Position(Step.GRACE, day=date(2026, 11, 30)).words == ""
