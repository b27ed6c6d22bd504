"""From the card to the prescription with nothing faked: reader, desk and history over a real fund; and over PC/SC."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from shikaku.stack import PIN
from tests.builders.clinic.screens_process import DOCTOR, clinic_screens
from tests.builders.stack import PopulatedStack
from tests.pcsc.sandbox import PcscSandbox, require_pcsc

DRUG = "990000101"


def check_in(page: Page, answer: str) -> None:
    """What the patient does at the reader once the card is in it."""
    page.get_by_role("button", name=re.compile("^暗証番号を入力する")).click()
    expect(page.locator(".step-pin")).to_be_visible()
    page.keyboard.type(PIN)
    page.keyboard.press("NumpadEnter")
    page.get_by_role("button", name=re.compile(f"^{answer}")).click()
    expect(page.locator(".step-done")).to_be_visible()


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("氏名").fill(DOCTOR[0])
    page.get_by_label("パスワード").fill(DOCTOR[1])
    page.get_by_role("button", name="ログインする").click()
    expect(page.get_by_role("button", name="ログアウト")).to_be_visible()


def test_a_tap_leads_to_the_desk_the_history_and_a_prescription_on_record(
    page: Page, stack: PopulatedStack, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    # Not the person whose medicines other tests of this stack count.
    shutil.copy(stack.card("moved"), shelf / "P-moved.json")
    with clinic_screens(stack, tmp_path, "--shelf", shelf) as url:
        page.goto(f"{url}/reader")
        page.request.post(f"{url}/reader/shelf", form={"card": "P-moved"}, headers={"Origin": url})
        check_in(page, "すべてに同意する")

        log_in(page, url)
        page.goto(f"{url}/desk")
        page.locator(".queue a").first.click()
        expect(page.locator(".status.valid")).to_be_visible()
        page.keyboard.press("F4")
        expect(page.get_by_role("heading", name="薬剤")).to_be_visible()
        expect(page.get_by_text("（あと23時間")).to_be_visible()

        page.get_by_role("link", name="処方・調剤").click()
        for label, text in (("医薬品コード（9桁）", DRUG), ("1日量・1回量", "1"), ("日数・回数", "14")):
            page.get_by_label(label).first.fill(text)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("重複投薬：")).to_be_visible()
        page.get_by_role("button", name="この内容で登録する").click()
        expect(page.get_by_role("heading", name="登録しました")).to_be_focused()
        page.get_by_role("link", name="薬剤", exact=True).click()
        expect(page.locator("[data-row]").filter(has_text="処方情報").first).to_be_visible()


def test_a_card_in_a_real_reader_leads_to_the_desk(page: Page, stack: PopulatedStack, tmp_path: Path) -> None:
    require_pcsc()
    with PcscSandbox() as sandbox:
        options = ("--reader", sandbox.reader_names[0])
        with clinic_screens(stack, tmp_path, *options, **sandbox.socket_variables) as url:
            page.goto(f"{url}/reader")
            expect(page.locator(".step-idle")).to_be_visible()
            sandbox.insert(0, stack.card("valid"))
            check_in(page, "同意しない")
            sandbox.remove(0)
            expect(page.locator(".step-idle")).to_be_visible()
            log_in(page, url)
            page.goto(f"{url}/desk")
            expect(page.locator(".queue a").first).to_contain_text("有効")
