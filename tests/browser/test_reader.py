"""The patient at the reader, in a real browser: journeys to the end, failures, and every screen at every size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.pages.reader.journey import Choice, Position, Step
from clinic_terminal.pages.serving import pages
from clinic_terminal.visit.information import ASKED, by_information
from eligibility_api.contract.codes import Category
from jpki_mock.card.in_process import open_card
from tests.builders import cards
from tests.builders.browser import SIZES, ZOOMED, faults_of, new_page, overflows, picture, violations
from tests.builders.clinic.fake_card import VERIFY, FakeCard
from tests.builders.clinic.reader_rig import ReaderRig, reader_rig

READER = (1024, 600)
GROUPS = by_information(ASKED)
WORDS = "私は、架空医院が、次のとおり私の情報を閲覧することに同意します。\n" * 12
MAX_INSERTION_MS = 500

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
    "not-my-number": Position(Step.CARD, code="card-not-my-number"),
    "again": Position(Step.AGAIN),
    "no-reader": Position(Step.READER),
    "held": Position(Step.HELD),
    "grace": Position(Step.GRACE, day=date(2026, 11, 30)),
    "expiring": Position(Step.EXPIRING, day=date(2026, 11, 30)),
    "network": Position(Step.NETWORK),
    "other": Position(Step.OTHER, left=True),
}

UNPICTURED = {"consent-chosen", "done-without-consent", "more", "pin", "removed-after-pin"}
"""Screens that differ little from another one in the documents."""


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ReaderRig, str]]:
    """A reader that is watched, and the address of its screen."""
    with reader_rig(tmp_path_factory.mktemp("reader"), reader_volume=40) as rig, pages(rig.pages, 0) as url:
        yield rig, f"{url}/reader"


@pytest.fixture
def rig(served: tuple[ReaderRig, str]) -> Iterator[ReaderRig]:
    """The reader, empty again after the test."""
    yield served[0]
    served[0].fund.failures.clear()
    served[0].fund.unregistered = False
    served[0].take()
    served[0].later(20)


@pytest.fixture
def screen(browser: Browser, served: tuple[ReaderRig, str], rig: ReaderRig) -> Iterator[Page]:
    """The screen of the reader's display."""
    page = new_page(browser, READER)
    page.goto(served[1])
    yield page
    assert faults_of(page) == []
    page.context.close()


def place(rig: ReaderRig, card: CardConnection) -> None:
    """Put a card in the reader."""
    rig.place(lambda: card)


def at(page: Page, step: str, title: str | None = None) -> None:
    """Wait for a step; its title has the focus."""
    expect(page.locator(f".step-{step}")).to_be_visible()
    if title is not None:
        expect(page.locator("h1")).to_contain_text(title)


def press(page: Page, name: str) -> None:
    """Press the button with this Japanese name."""
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def key_in(page: Page, digits: str) -> None:
    """Type a PIN on a USB ten-key."""
    page.keyboard.type(digits)
    page.keyboard.press("NumpadEnter")


def test_a_patient_checks_in_by_touch_and_agrees_to_everything(
    rig: ReaderRig, screen: Page, tmp_path: Path
) -> None:
    at(screen, "idle")
    path = cards.card_file(tmp_path)
    rig.place(lambda: open_card(path))
    at(screen, "method", "ご本人の確認方法")
    expect(screen.locator("h1")).to_be_focused()
    press(screen, "暗証番号を入力する")
    at(screen, "pin")
    expect(screen.get_by_text("あと3回入力できます")).to_be_visible()
    for digit in cards.AUTHENTICATION_PIN[:2]:
        screen.get_by_role("button", name=digit, exact=True).click()
    expect(screen.locator(".dots .filled")).to_have_count(2)
    expect(screen.locator("[data-said]")).to_have_text("2桁入力しました")
    picture(screen, "reader-pin-typed")
    press(screen, "確定")
    expect(screen.locator("[data-said]")).to_have_text("4桁入力してください")
    for digit in cards.AUTHENTICATION_PIN[2:]:
        screen.get_by_role("button", name=digit, exact=True).click()
    at(screen, "pin")  # nothing is sent by the fourth digit itself
    assert cards.AUTHENTICATION_PIN not in screen.content()
    press(screen, "確定")
    at(screen, "consent", "同意しますか")
    screen.get_by_text("署名される文を読む").click()
    expect(screen.get_by_text("私は、架空診療所")).to_be_visible()
    press(screen, "すべてに同意する")
    at(screen, "done", "受付が終わりました")
    rig.later(6)
    expect(screen.locator("h1")).to_contain_text("カードが残っています")
    rig.take()
    rig.later(2)
    at(screen, "idle")
    consent = rig.kept[-1].consent
    assert consent is not None
    assert consent.answer is not None
    assert len(consent.answer.allowed) == len(ASKED)


STUB = """
window.calls = [];
const joined = (node) => ({ ...node, connect: (next) => next });
window.AudioContext = class {
  currentTime = 0; state = "running"; destination = {};
  createGain() { return joined({ gain: { setValueAtTime: (volume) => calls.push(["volume", volume]), linearRampToValueAtTime() {} } }); }
  createOscillator() { const tone = joined({ frequency: { value: 0 }, stop() {}, start: () => calls.push(["tone", tone.frequency.value]) }); return tone; }
};
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
const voices = [["network", false, "ja-JP"], ["日本語", true, "ja-JP"], ["English", true, "en-GB"]].map(([name, localService, lang]) => ({ name, localService, lang }));
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => voices, addEventListener() {}, cancel() {}, speak: (words) => calls.push(["speak", words.voice.name, words.text]),
} });
"""
"""Instead of loudspeaker and voices, which this browser lacks: a list of what would be heard."""


def test_what_is_heard_is_soft_the_same_for_every_key_and_never_a_pin(
    rig: ReaderRig, browser: Browser, served: tuple[ReaderRig, str]
) -> None:
    page = new_page(browser, READER)
    page.add_init_script(STUB)
    page.goto(served[1])
    at(page, "idle")
    page.get_by_role("button", name="読み上げ").click()
    place(rig, FakeCard())
    at(page, "method")
    press(page, "暗証番号を入力する")
    at(page, "pin")
    page.get_by_role("button", name="7", exact=True).click()
    page.get_by_role("button", name="消す").click()
    key_in(page, "1234")
    at(page, "consent")
    press(page, "同意しない")
    at(page, "done")
    rig.later(6)
    expect(page.locator("h1")).to_contain_text("カードが残っています")
    rig.take()
    rig.later(2)
    at(page, "idle")
    expect(page.get_by_role("button", name="読み上げ")).to_have_attribute("aria-pressed", "false")
    calls = page.evaluate("() => calls")
    spoken = [call[2] for call in calls if call[0] == "speak"]
    assert {call[1] for call in calls if call[0] == "speak"} == {"日本語"}
    assert any(text.startswith("暗証番号を入力してください") for text in spoken)
    assert any("受付が終わりました" in text for text in spoken)
    assert not any(
        "Please" in text or "1234" in text or "7" in text or "架空" in text
        for text in spoken
        if "同意" not in text
    )
    tones = [call[1] for call in calls if call[0] == "tone"]
    assert tones == [220, *[880] * 7, 440, 660, 330]
    assert {call[1] for call in calls if call[0] == "volume"} == {0.2}
    assert faults_of(page) == []
    page.context.close()


def test_by_keys_alone_some_kinds_are_agreed_to(rig: ReaderRig, screen: Page) -> None:
    place(rig, FakeCard())
    at(screen, "method")
    screen.keyboard.press("Tab")
    expect(screen.get_by_role("button", name="暗証番号を入力する")).to_be_focused()
    screen.keyboard.press("Enter")
    at(screen, "pin")
    screen.keyboard.type("99")
    screen.keyboard.press("Backspace")
    screen.keyboard.press("Backspace")
    key_in(screen, "1234")
    at(screen, "consent")
    tab_to(screen, "ひとつずつ選ぶ")
    answers = ["同意しない", "同意する", "同意しない", "同意しない", "同意しない"]
    for number, answer in enumerate(answers):
        expect(screen.locator(f"[data-step^='each {number} ']")).to_be_visible()
        tab_to(screen, answer)
    at(screen, "consent", "同意しますか")
    expect(screen.locator(".about li")).to_have_count(1)
    tab_to(screen, "同意する")
    at(screen, "done")
    assert rig.fund.consents.requests[-1].statement.categories == (Category.HEALTH_CHECKUP,)


def tab_to(page: Page, name: str) -> None:
    """Press a button by the keyboard alone."""
    expect(page.locator("h1")).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().startswith(name):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is not reached")


def test_a_wrong_pin_leads_to_the_last_try_which_asks_first(rig: ReaderRig, screen: Page) -> None:
    card = FakeCard()
    place(rig, card)
    at(screen, "method")
    press(screen, "暗証番号を入力する")
    at(screen, "pin")
    key_in(screen, "9999")
    expect(screen.locator("h1")).to_contain_text("暗証番号が違います")
    expect(screen.get_by_text("あと2回入力できます")).to_be_visible()
    key_in(screen, "9999")
    at(screen, "last-try", "あと1回です")
    key_in(screen, "9999")
    assert card.tries_left == 1
    press(screen, "最後の1回を入力する")
    at(screen, "pin")
    key_in(screen, "9999")
    at(screen, "locked", "ロックされました")
    expect(screen.get_by_role("alert")).to_be_visible()


def test_a_card_that_is_taken_is_shown_at_once(rig: ReaderRig, screen: Page) -> None:
    card = FakeCard()
    place(rig, card)
    at(screen, "method")
    press(screen, "暗証番号を入力する")
    at(screen, "pin")
    screen.keyboard.type("12")
    rig.take()
    at(screen, "removed", "カードが離れました")
    expect(screen.get_by_text("暗証番号の残り回数は減っていません")).to_be_visible()
    assert [command for command in card.sent(VERIFY) if len(command) > 10] == []


def test_without_a_connection_nobody_is_shown_as_uninsured(rig: ReaderRig, screen: Page) -> None:
    rig.fund.failures["/v1/eligibility/card"] = ["lost", "lost"]
    place(rig, FakeCard())
    at(screen, "method")
    press(screen, "暗証番号を入力する")
    at(screen, "pin")
    key_in(screen, "1234")
    at(screen, "network", "ただいま確認できません")
    expect(screen.get_by_text("保険が使えないという意味ではありません")).to_be_visible()
    expect(screen.locator(".reader-text")).to_have_css("border-style", "dashed")


def test_an_insertion_is_shown_at_once(rig: ReaderRig, screen: Page) -> None:
    at(screen, "idle")
    screen.evaluate(
        """() => { window.seen = new Promise(resolve => new MutationObserver(() => {
          if (!document.querySelector(".step-idle")) resolve(Date.now()); }).observe(
          document.querySelector("[data-reader]"), {childList: true})); window.began = Date.now(); }"""
    )
    place(rig, FakeCard())
    assert screen.evaluate("window.seen.then(at => at - window.began)") < MAX_INSERTION_MS


def test_the_staff_is_called_and_checks_the_face(rig: ReaderRig, screen: Page, tmp_path: Path) -> None:
    path = cards.card_file(tmp_path, pins=cards.pins(authentication=cards.pin("1234", 3, 0)))
    rig.place(lambda: open_card(path))
    at(screen, "locked")
    assert rig.pages.reader.visual_check("見本　職員")
    at(screen, "consent")
    press(screen, "同意しない")
    at(screen, "done")


def test_a_new_card_is_registered_first(rig: ReaderRig, screen: Page) -> None:
    rig.fund.unregistered = True
    place(rig, FakeCard())
    at(screen, "method")
    press(screen, "暗証番号を入力する")
    at(screen, "pin")
    key_in(screen, "1234")
    at(screen, "register")
    press(screen, "登録する")
    at(screen, "consent")


def test_refusals_that_might_protect_somebody_look_the_same(rig: ReaderRig, screen: Page) -> None:
    pictures = set()
    for code in ("card-not-usable", "registration-conflict", "certificate-policy"):
        rig.fund.failures["/v1/eligibility/card"] = [code]
        place(rig, FakeCard())
        at(screen, "method")
        press(screen, "暗証番号を入力する")
        at(screen, "pin")
        key_in(screen, "1234")
        at(screen, "other", "受付できませんでした")
        pictures.add(screen.screenshot(animations="disabled"))
        rig.take()
        rig.later(2)
        at(screen, "idle")
    assert len(pictures) == 1


def test_without_script_every_button_works(
    rig: ReaderRig, browser: Browser, served: tuple[ReaderRig, str]
) -> None:
    page = new_page(browser, READER, java_script_enabled=False)
    place(rig, FakeCard())
    page.goto(served[1])
    at(page, "method")  # the page loads itself every two seconds
    press(page, "暗証番号を入力する")
    at(page, "pin")
    page.get_by_label("暗証番号", exact=True).fill("1234")
    press(page, "確定")
    at(page, "consent")
    press(page, "同意しない")
    at(page, "done")
    page.context.close()


@pytest.fixture(scope="module")
def still(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ReaderRig, str]]:
    """A reader that nothing watches: it shows what the test says."""
    with reader_rig(tmp_path_factory.mktemp("still")) as rig:
        rig.pages.reader.running = nullcontext  # type: ignore[assignment, method-assign]
        with pages(rig.pages, 0) as url:
            yield rig, f"{url}/reader"


@pytest.fixture(scope="module")
def wall(browser: Browser, still: tuple[ReaderRig, str]) -> Iterator[Page]:
    """One page for all of its screens."""
    page = new_page(browser, READER)
    yield page
    page.context.close()


def show(still: tuple[ReaderRig, str], page: Page, position: Position, display: str = "language:ja") -> None:
    rig, url = still
    rig.pages.reader._move(lambda _: position)
    page.context.add_cookies([{"name": "terminal-display", "value": display, "url": url}])
    page.goto(url)


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_whole_at_every_size(still: tuple[ReaderRig, str], wall: Page, name: str) -> None:
    show(still, wall, SCREENS[name])
    assert violations(wall) == []
    for size in (*SIZES, ZOOMED):
        assert overflows(wall, size) == [], size
        assert _too_small(wall) == [], size
    wall.set_viewport_size({"width": READER[0], "height": READER[1]})
    assert wall.evaluate("document.documentElement.scrollHeight") <= READER[1]
    if name not in UNPICTURED:
        picture(wall, f"reader-{name}")
    assert faults_of(wall) == []


@pytest.mark.parametrize("name", ["pin-wrong", "consent", "network", "grace", "working"])
def test_high_contrast_has_its_contrasts(still: tuple[ReaderRig, str], wall: Page, name: str) -> None:
    show(still, wall, SCREENS[name], "language:ja.contrast:high")
    assert violations(wall) == []
    if name == "consent":
        picture(wall, "reader-consent-high-contrast")


def _too_small(page: Page) -> list[str]:
    """Texts below 16 px, and buttons below 64 px."""
    found = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter(one => one.checkVisibility() && !one.closest(".said, .skip")
            && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())
            && parseFloat(getComputedStyle(one).fontSize) < 16 && parseFloat(getComputedStyle(one).fontSize) > 0)
          .map(one => one.outerHTML.slice(0, 80)).concat(
          [...document.querySelectorAll("button, summary")].filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 63.5)
          .map(one => one.outerHTML.slice(0, 80)))"""
    )
    assert isinstance(found, list)
    return found


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
    browser: Browser, still: tuple[ReaderRig, str]
) -> None:
    page = new_page(browser, READER, reduced_motion="reduce", forced_colors="active")
    show(still, page, SCREENS["working"])
    expect(page.get_by_text("0秒").or_(page.get_by_text("1秒"))).to_be_visible()
    expect(page.locator("progress")).to_be_hidden()
    show(still, page, SCREENS["network"])
    expect(page.locator(".reader-text")).to_have_css("border-style", "dashed")
    page.context.close()


def test_english_is_a_switch_on_every_screen(browser: Browser, still: tuple[ReaderRig, str]) -> None:
    page = new_page(browser, READER)
    show(still, page, SCREENS["method"])
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("How would you like to confirm who you are?")
    picture(page, "reader-method-english")
    assert violations(page) == []
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("h1")).to_contain_text("ご本人の確認方法")
    page.context.close()
