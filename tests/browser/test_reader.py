"""The patient at the reader, in a real browser: journeys to the end, by touch, by keys, with the staff, without script."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, expect

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.exchange.operator import DeskRole
from clinic_terminal.pages.session import new_operator
from clinic_terminal.visit.information import ASKED
from eligibility_api.contract.codes import Category
from eligibility_api.contract.eligibility import CertificateRenewal
from jpki_mock.card.in_process import open_card
from tests.builders import cards
from tests.builders.browser import picture
from tests.builders.clinic import samples
from tests.builders.clinic.desk import RECEPTION
from tests.builders.clinic.fake_card import FakeCard
from tests.builders.clinic.reader_rig import ReaderRig
from tests.builders.clinic.reader_steps import (
    PIN,
    at,
    choose_pin,
    key_in,
    place,
    press,
    tab_to,
)


def test_a_patient_checks_in_by_touch_and_agrees_to_everything(
    rig: ReaderRig, screen: Page, tmp_path: Path
) -> None:
    path = cards.card_file(tmp_path)
    rig.place(lambda: open_card(path))
    at(screen, "method", "本人確認の方法")
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
    at(screen, "consent", "同意しますか？")
    screen.get_by_text("署名される文を読む").click()
    expect(screen.get_by_text("私は、架空診療所")).to_be_visible()
    press(screen, "すべてに同意する")
    at(screen, "done", "受付が終わりました")
    rig.later(6)
    expect(screen.locator("h1")).to_contain_text("カードが残っています")
    rig.empty()
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
    rig: ReaderRig, own_page: Page, reader_url: str
) -> None:
    page = own_page
    page.add_init_script(STUB)
    page.goto(reader_url)
    at(page, "idle")
    page.get_by_role("button", name="読み上げ").click()
    place(rig, FakeCard())
    at(page, "method")
    press(page, "暗証番号を入力する")
    at(page, "pin")
    page.get_by_role("button", name="7", exact=True).click()
    page.get_by_role("button", name="消す").click()
    key_in(page, PIN)
    at(page, "consent")
    press(page, "同意しない")
    at(page, "done")
    rig.later(6)
    expect(page.locator("h1")).to_contain_text("カードが残っています")
    rig.empty()
    at(page, "idle")
    expect(page.get_by_role("button", name="読み上げ")).to_have_attribute("aria-pressed", "false")
    calls = page.evaluate("() => calls")
    spoken = [call[2] for call in calls if call[0] == "speak"]
    assert {call[1] for call in calls if call[0] == "speak"} == {"日本語"}
    assert any(text.startswith("暗証番号を入力してください") for text in spoken)
    assert any("受付が終わりました" in text for text in spoken)
    assert not any(
        "Please" in text or PIN in text or "7" in text or "架空" in text
        for text in spoken
        if "同意" not in text
    )
    tones = [call[1] for call in calls if call[0] == "tone"]
    assert tones == [220, *[880] * 7, 440, 660, 330]
    assert {call[1] for call in calls if call[0] == "volume"} == {0.2}


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
    key_in(screen, PIN)
    at(screen, "consent")
    tab_to(screen, "ひとつずつ選ぶ")
    answers = ["同意しない", "同意する", "同意しない", "同意しない", "同意しない"]
    for number, answer in enumerate(answers):
        expect(screen.locator(f"[data-step^='each {number} ']")).to_be_visible()
        tab_to(screen, answer)
    at(screen, "consent", "同意しますか？")
    expect(screen.locator(".about li")).to_have_count(1)
    tab_to(screen, "同意する")
    at(screen, "done")
    assert rig.fund.consents.requests[-1].statement.categories == (Category.HEALTH_CHECKUP,)


def test_an_insertion_is_pushed_to_the_page_before_the_card_answers(rig: ReaderRig, screen: Page) -> None:
    """How fast: `tests/benchmarks/reader_to_desk.py`."""
    answers = threading.Event()

    def slow_card() -> CardConnection:
        answers.wait(20)
        return FakeCard()

    screen.evaluate("window.wasNotLoadedAgain = true")
    try:
        rig.place(slow_card)
        at(screen, "reading", "カードを確認しています")
    finally:
        answers.set()
    at(screen, "method")
    assert screen.evaluate("window.wasNotLoadedAgain")


def test_a_new_card_is_registered_first(rig: ReaderRig, screen: Page) -> None:
    rig.fund.unregistered = True
    place(rig, FakeCard())
    choose_pin(screen)
    at(screen, "register")
    press(screen, "登録する")
    at(screen, "consent")


def test_a_locked_card_calls_the_staff_who_check_the_face_at_the_desk(
    rig: ReaderRig, screen: Page, page: Page, reader_url: str, tmp_path: Path
) -> None:
    rig.pages.operators.add(new_operator(RECEPTION[0], DeskRole.RECEPTION, RECEPTION[1]))
    page.goto(reader_url.replace("/reader", "/login"))
    page.get_by_label("氏名").fill(RECEPTION[0])
    page.get_by_label("パスワード").fill(RECEPTION[1])
    page.get_by_role("button", name="ログインする").click()
    page.wait_for_url("**/desk")
    path = cards.card_file(tmp_path, pins=cards.pins(authentication=cards.pin(PIN, 3, 0)))
    rig.place(lambda: open_card(path))
    at(screen, "locked", "ロックされました")
    expect(screen.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("カードリーダーで患者さんがお待ちです")).to_be_visible()
    page.keyboard.press("F9")
    page.get_by_role("button", name=f"写真と一致しました（記録者 {RECEPTION[0]}）").click()
    at(screen, "consent")
    press(screen, "同意しない")
    at(screen, "done")
    assert RECEPTION[0] in [body.get("operator") for body in rig.fund.bodies]


def renewal(status: str) -> CertificateRenewal:
    return CertificateRenewal.model_validate(
        {"status": status, "expires_on": date(2026, 8, 31), "renew_by": date(2026, 11, 30)}
    )


def test_an_expired_card_in_its_grace_period_skips_the_consents_and_names_the_last_day(
    rig: ReaderRig, screen: Page
) -> None:
    rig.fund.answers = [samples.answer(certificate_renewal=renewal("grace"))]
    rig.fund.failures["/v1/consents/challenges"] = ["consent-certificate-expired"]
    place(rig, FakeCard())
    choose_pin(screen)
    at(screen, "grace", "期限が切れています")
    expect(screen.get_by_text("令和8年11月30日までは健康保険証として使えます")).to_be_visible()
    press(screen, "次へ")
    at(screen, "done")


def test_a_card_that_expires_soon_is_named_after_the_consents(rig: ReaderRig, screen: Page) -> None:
    rig.fund.answers = [samples.answer(certificate_renewal=renewal("expiring"))]
    place(rig, FakeCard())
    choose_pin(screen)
    at(screen, "consent")
    press(screen, "同意しない")
    at(screen, "expiring", "令和8年8月31日")
    press(screen, "次へ")
    at(screen, "done")


def test_without_script_every_button_works(rig: ReaderRig, plain_page: Page, reader_url: str) -> None:
    page = plain_page
    place(rig, FakeCard())
    page.goto(reader_url)
    at(page, "method")  # the page loads itself every two seconds
    press(page, "暗証番号を入力する")
    at(page, "pin")
    seconds = page.locator("meta[http-equiv=refresh]").get_attribute("content")
    assert seconds is not None
    assert int(seconds) >= 50, "a reload would empty what is typed"
    page.get_by_label("暗証番号", exact=True).fill(PIN)
    press(page, "確定")
    at(page, "consent")
    press(page, "同意しない")
    at(page, "done")
