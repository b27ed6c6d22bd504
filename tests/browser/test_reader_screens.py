"""Every screen of the reader, in a real browser: whole at each size, in each contrast and language, yes like no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from clinic_terminal.pages.app import pages
from clinic_terminal.pages.reader.journey import Choice, Position, Step
from clinic_terminal.visit.information import ASKED, by_information
from tests.builders.browser import assert_clean, faults_of, picture, violations
from tests.builders.clinic.reader_rig import ReaderRig, reader_rig
from tests.builders.clinic.reader_steps import READER
from tests.depth import at_night

GROUPS = by_information(ASKED)
WORDS = "私は、架空医院が、次のとおり私の情報を閲覧することに同意します。\n" * 12

SCREENS = {
    "idle": Position(Step.IDLE),
    "reading": Position(Step.READING),
    "method": Position(Step.METHOD, tries_left=3),
    "more": Position(Step.METHOD, tries_left=3, more=True),
    "pin": Position(Step.PIN, tries_left=3),
    "pin-wrong": Position(Step.PIN, tries_left=2, earlier="pin-wrong"),
    "pin-shuffled": Position(Step.PIN, tries_left=3, keys=(3, 8, 1, 0, 6, 2, 9, 4, 7, 5)),
    "last-try": Position(Step.LAST_TRY, tries_left=1),
    "locked": Position(Step.LOCKED, called=True),
    "unset": Position(Step.UNSET, called=True),
    "staff": Position(Step.STAFF),
    "working": Position(Step.WORKING),
    "register": Position(Step.REGISTER),
    "consent": Position(Step.CONSENT, groups=GROUPS, words=WORDS, facility="架空医院"),
    "consent-chosen": Position(Step.CONSENT, groups=GROUPS[1:3], words=WORDS, agreed=GROUPS[1]),
    "each": Position(Step.EACH, groups=GROUPS, question=1, words=WORDS),
    "surgery": Position(Step.EACH, groups=GROUPS, question=len(GROUPS) - 1, words=WORDS),
    "done": Position(Step.DONE),
    "done-without-consent": Position(Step.DONE, consent_lost=True),
    "read": Position(Step.READ),
    "left": Position(Step.DONE, left=True),
    "removed": Position(Step.REMOVED),
    "removed-after-pin": Position(Step.REMOVED, pin_sent=True),
    "removed-at-consent": Position(Step.REMOVED, after=Step.READ, consent_lost=True, called=True),
    "not-my-number": Position(Step.CARD, code="card-not-my-number"),
    "again": Position(Step.AGAIN),
    "no-reader": Position(Step.READER),
    "held": Position(Step.HELD),
    "grace": Position(Step.GRACE, day=date(2026, 11, 30)),
    "expiring": Position(Step.EXPIRING, day=date(2026, 11, 30)),
    "network": Position(Step.NETWORK),
    "other": Position(Step.OTHER, left=True),
}

UNPICTURED = {
    "consent-chosen", "done-without-consent", "more", "pin", "removed-after-pin", "removed-at-consent",
}  # fmt: skip
"""Screens that differ little from another one in the documents."""


@pytest.fixture(scope="module")
def still(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ReaderRig, str]]:
    """A reader that nothing watches: it shows what the test says."""
    with reader_rig(tmp_path_factory.mktemp("still")) as rig:
        rig.pages.reader.running = nullcontext  # type: ignore[assignment, method-assign]
        with pages(rig.pages, 0) as url:
            yield rig, f"{url}/reader"


@pytest.fixture(scope="module")
def wall(display: Page, still: tuple[ReaderRig, str]) -> Iterator[Page]:
    """One page, to which all of its screens are pushed."""
    display.goto(still[1])
    yield display
    assert faults_of(display) == []


def show(still: tuple[ReaderRig, str], page: Page, position: Position) -> None:
    """Let the reader be at a position, and wait until its page shows it."""
    screen = still[0].pages.reader
    screen._move(lambda _: position)
    expect(page.locator(f"[data-step][data-version='{screen.shown.version}']")).to_be_attached()
    page.locator("[data-step]").evaluate("step => step.getAnimations().forEach(one => one.finish())")


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_whole_at_every_size(still: tuple[ReaderRig, str], wall: Page, name: str) -> None:
    show(still, wall, SCREENS[name])
    assert_clean(wall)
    assert wall.evaluate("document.documentElement.scrollHeight") <= READER[1]
    if name not in UNPICTURED:
        picture(wall, f"reader-{name}")


@at_night("tests/unit/screens/test_tokens.py has the contrasts")
def test_high_contrast_has_its_contrasts(page: Page, still: tuple[ReaderRig, str]) -> None:
    page.set_viewport_size({"width": READER[0], "height": READER[1]})
    page.context.add_cookies([{"name": "terminal-display", "value": "contrast:high", "url": still[1]}])
    page.goto(still[1])
    expect(page.locator("html")).to_have_attribute("data-contrast", "high")
    for name in ("pin-wrong", "consent", "network", "grace", "working"):
        show(still, page, SCREENS[name])
        assert violations(page) == [], name
        if name == "consent":
            picture(page, "reader-consent-high-contrast")


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("consent", (Choice.ALL, Choice.NO)),
        ("surgery", (Choice.YES, Choice.NO)),
        ("register", (Choice.YES, Choice.NO)),
    ],
)
def test_yes_and_no_weigh_the_same(
    still: tuple[ReaderRig, str], wall: Page, name: str, choices: tuple[Choice, Choice]
) -> None:
    show(still, wall, SCREENS[name])

    def style(choice: Choice) -> object:
        return wall.locator(f".reader-act button[value={choice}]").evaluate(
            """one => { const style = getComputedStyle(one), box = one.getBoundingClientRect();
              return [style.color, style.backgroundColor, style.fontWeight, style.fontSize, style.borderColor,
                style.borderWidth, Math.round(box.width), Math.round(box.height)]; }"""
        )

    assert style(choices[0]) == style(choices[1])


def test_with_reduced_motion_and_forced_colours_the_screens_say_the_same(
    page: Page, still: tuple[ReaderRig, str]
) -> None:
    page.emulate_media(reduced_motion="reduce", forced_colors="active")
    page.goto(still[1])
    show(still, page, SCREENS["working"])
    expect(page.get_by_text("0秒").or_(page.get_by_text("1秒"))).to_be_visible()
    expect(page.locator("progress")).to_be_hidden()
    show(still, page, SCREENS["network"])
    expect(page.locator(".reader-text")).to_have_css("border-style", "dashed")


def test_english_is_a_switch_on_every_screen(page: Page, still: tuple[ReaderRig, str]) -> None:
    page.set_viewport_size({"width": READER[0], "height": READER[1]})
    page.goto(still[1])
    show(still, page, SCREENS["method"])
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("How would you like to confirm who you are?")
    picture(page, "reader-method-english")
    assert violations(page) == []
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("h1")).to_contain_text("本人確認の方法")


def test_another_language_changes_the_whole_page_and_not_the_words_to_sign(
    page: Page, still: tuple[ReaderRig, str]
) -> None:
    page.goto(still[1])
    show(still, page, SCREENS["consent"])
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".words .text")).to_have_attribute("lang", "ja")
    show(still, page, SCREENS["idle"])  # in Japanese, as a patient's end leaves it
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("button", name="English")).to_be_visible()


def test_a_terminal_that_does_not_answer_is_shown_until_it_does(
    own_page: Page, still: tuple[ReaderRig, str]
) -> None:
    page = own_page
    page.set_viewport_size({"width": READER[0], "height": READER[1]})
    page.clock.install()
    page.route("**/reader/events", lambda route: route.fulfill(status=503))
    page.goto(still[1])
    page.clock.run_for(6000)
    expect(page.get_by_role("alert")).to_contain_text("この機械は使えません")
    expect(page.get_by_text("受付の職員にお知らせください")).to_be_visible()
    assert_clean(page)
    page.unroute("**/reader/events")
    page.clock.run_for(3000)
    expect(page.locator("[data-step]")).not_to_have_attribute("data-step", "lost")
    expect(page.get_by_role("alert")).to_have_count(0)
