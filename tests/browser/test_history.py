"""Pharmacist and doctor in a real browser: read a long list, filter it, its end, register, print, keyboard, sizes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from eligibility_api.contract.history import HistoryResource
from tests.builders.browser import DESK, Windows, assert_whole, picture, processor_time, violations
from tests.builders.clinic import histories, long_history
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.history_pages import DOCTOR, PHARMACIST, HistoryPages, Operator, served_pages
from tests.depth import DEEP, at_night

PAPER = (794, 1123)
"""A4 in CSS pixels."""

MEDICATIONS = f"/v1/consents/{CONSENT}/medications"


@pytest.fixture(scope="module")
def pages(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HistoryPages]:
    """The served pages. They ask for the browser first: without one, nothing is started."""
    with served_pages(tmp_path_factory.mktemp("terminal")) as served:
        yield served


@pytest.fixture(scope="module")
def session(pages: HistoryPages, windows: Windows) -> Any:
    """The cookies of the pharmacist, logged in once for all tests: another log-in would end it."""
    page = windows.clean("page", DESK)
    log_in(pages, page)
    return page.context.cookies()


@pytest.fixture
def pharmacist(page: Page, session: Any) -> Page:
    """A page at which the pharmacist is logged in."""
    page.context.add_cookies(session)
    return page


def log_in(pages: HistoryPages, page: Page, operator: Operator = PHARMACIST) -> None:
    page.goto(f"{pages.url}/login")
    page.get_by_label("氏名").fill(operator[0])
    page.get_by_label("パスワード").fill(operator[1])
    page.get_by_role("button", name="ログインする").click()
    expect(page.get_by_role("button", name="ログアウト")).to_be_visible()


def sheets_of(pdf: bytes) -> list[str]:
    """The texts of a printed document's sheets, without spaces."""
    command = ["pdftotext", "-layout", "-", "-"]
    text = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
    return ["".join(sheet.split()) for sheet in text.split("\f") if sheet.strip()]


@at_night("a shorter list is filtered in tests/unit/clinic_terminal/pages/history")
def test_a_long_list_opens_fast_is_filtered_and_drawn(pages: HistoryPages, pharmacist: Page) -> None:
    page, path = pharmacist, pages.opened()
    with processor_time(page) as spent:
        page.goto(f"{pages.url}{path}")
        expect(page.locator("[data-row]")).to_have_count(long_history.ROWS)
        assert 0 < spent() < 1
    expect(page.get_by_text("（あと23時間59分）")).to_be_visible()
    expect(page.get_by_text(long_history.NAME_OF_40_CHARACTERS).first).to_be_visible()
    assert violations(page) == []
    picture(page, "history-medicines")

    # Heads stay while their rows pass by, and the rows below the window are counted.
    page.locator("[data-row]").nth(40).scroll_into_view_if_needed()
    expect(page.locator(".below")).to_have_text(re.compile("この下に [0-9]+件"))
    tops = page.locator(".group th").evaluate_all(
        "heads => heads.map(head => head.getBoundingClientRect().top)"
    )
    assert any(0 <= top < 60 for top in tops)

    page.get_by_label("重なりのみ").check()
    page.get_by_role("button", name="絞り込む").click()
    expect(page.get_by_role("status").filter(has_text="件中")).to_have_text("81件中 2件を表示")
    assert page.url == f"{pages.url}{path}"
    page.get_by_role("button", name="すべて表示").click()
    expect(page.locator("[data-row]")).to_have_count(long_history.ROWS)

    page.get_by_role("button", name="タイムライン").click()
    expect(page.get_by_role("img", name="服用期間のタイムライン")).to_be_visible()
    assert page.locator(".shared").count() == 2
    assert violations(page) == []
    picture(page, "history-timeline")
    page.get_by_role("button", name="日付順").click()
    expect(page.get_by_role("button", name="日付順")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".group .what").first).to_have_text("2026-03-23")


def test_treatments_and_check_ups(pages: HistoryPages, pharmacist: Page) -> None:
    page = pharmacist
    page.goto(f"{pages.url}{pages.opened()}")
    page.get_by_role("link", name="診療・手術").click()
    expect(page.get_by_text("手術：同意なし")).to_be_visible()
    assert violations(page) == []
    picture(page, "history-treatments")
    page.get_by_role("link", name="健診").click()
    expect(page.get_by_role("img", name=re.compile("ＨｂＡ１ｃ.*2025 6.4"))).to_be_visible()
    assert violations(page) == []
    picture(page, "history-checkups")


def test_the_page_closes_when_the_consent_ends(pages: HistoryPages, own_page: Page, session: Any) -> None:
    page, path = own_page, pages.opened(timedelta(seconds=62))
    page.context.add_cookies(session)
    page.clock.install()
    page.goto(f"{pages.url}{path}")
    shown = page.locator("[data-closes]")
    expect(shown).to_have_class("closes near")
    page.clock.run_for(3_000)
    expect(page.locator("#announcer")).to_contain_text("（あと1分）")
    picture(page, "history-ending")
    pages.skip(seconds=62)
    page.clock.run_for(62_000)
    expect(page.get_by_text("同意の期限が切れたため、情報を閉じました。")).to_be_visible()
    expect(page.locator("[data-row]")).to_have_count(0)
    assert long_history.NAME_OF_40_CHARACTERS not in page.content()
    assert violations(page) == []
    picture(page, "history-ended")
    page.goto(f"{pages.url}/operators")
    page.go_back()
    expect(page.get_by_text("同意の期限が切れたため、情報を閉じました。")).to_be_visible()
    assert long_history.NAME_OF_40_CHARACTERS not in page.content()


def test_a_pharmacist_dispenses_from_a_prescription(pages: HistoryPages, pharmacist: Page) -> None:
    page, path = pharmacist, pages.opened()
    kept = pages.fund.history.pages[HistoryResource.MEDICATIONS]
    pages.fund.history.pages[HistoryResource.MEDICATIONS] = [
        histories.with_prescription(long_history.NAME_OF_40_CHARACTERS, long_history.UNSHOWN)
    ]
    try:
        page.goto(f"{pages.url}{path}")
        page.get_by_role("link", name="処方・調剤").click()
        page.get_by_role("button", name="見本クリニック の処方から調剤する").click()
        expect(page.get_by_label("医薬品コード（9桁）").nth(1)).to_have_value("620000002")
        assert violations(page) == []
        picture(page, "history-entry")
        page.get_by_label("医薬品コード（9桁）").first.fill("12345")
        page.get_by_role("button", name="確認する", exact=True).click()
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_label("医薬品コード（9桁）").first.fill("620000001")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="確認の結果")).to_be_focused()
        expect(page.get_by_text("重複投薬：該当あり")).to_be_visible()
        expect(page.get_by_text("架空鎮痛テープ")).to_be_visible()
        assert violations(page) == []
        picture(page, "history-check")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="登録しました")).to_be_focused()
        assert len(pages.fund.permits.entries) == 1
        assert violations(page) == []
        picture(page, "history-registered")
    finally:
        pages.fund.history.pages[HistoryResource.MEDICATIONS] = kept


def test_a_doctor_without_consent_gets_the_facts_alone(pages: HistoryPages, page: Page) -> None:
    pages.store.drop_permit(CONSENT)
    log_in(pages, page, DOCTOR)
    page.goto(f"{pages.url}/history/{pages.visit()}/entry")
    page.get_by_label("医薬品コード（9桁）").first.fill("620000001")
    page.get_by_label("1日量・1回量").first.fill("1")
    page.get_by_label("日数・回数").first.fill("14")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("患者さんに確認してください")).to_be_visible()
    expect(page.get_by_text("架空鎮痛テープ")).to_have_count(0)
    assert violations(page) == []
    picture(page, "history-check-hidden")


@pytest.fixture
def hospital(pages: HistoryPages) -> Iterator[HistoryPages]:
    """The pages while the fund gives the facility the right to read in an emergency."""
    usual, pages.fund.scope = pages.fund.scope, "eligibility emergency"
    pages.site.terminal.funds.close()  # the next client gets a token with the right
    yield pages
    pages.fund.scope = usual
    pages.site.terminal.funds.close()


def test_a_doctor_of_a_hospital_reads_in_an_emergency(hospital: HistoryPages, page: Page) -> None:
    pages = hospital
    pages.opened()
    pages.store.drop_permit(CONSENT)
    log_in(pages, page, DOCTOR)
    page.goto(f"{pages.url}/history/{pages.visit()}")
    page.get_by_role("link", name="救急時の閲覧").click()
    page.get_by_label("意識がない").check()
    page.get_by_label("理由の説明").fill("救急搬送、家族と連絡がつかない")
    assert violations(page) == []
    page.get_by_role("button", name="表示する").click()
    expect(page.get_by_role("alert")).to_be_focused()
    picture(page, "history-emergency")
    page.get_by_label("ワンタイムパスワード").fill("123456")
    page.get_by_role("button", name="表示する").click()
    expect(page.get_by_text("救急時の閲覧として記録しました")).to_be_visible()
    page.locator("[data-row]").nth(40).scroll_into_view_if_needed()
    expect(page.get_by_text("この閲覧は、患者さん本人も確認できます。")).to_be_in_viewport()
    assert violations(page) == []
    picture(page, "history-emergency-reading")


def test_a_slow_fund_shows_seconds_and_opens_by_itself(pages: HistoryPages, pharmacist: Page) -> None:
    page, path = pharmacist, pages.opened()
    pages.gate.clear()
    try:
        page.goto(f"{pages.url}{path}")
        expect(page.get_by_text("読み込んでいます")).to_be_visible()
        pages.skip(seconds=6)
        expect(page.get_by_text("回線が遅いようです")).to_be_visible()
        assert violations(page) == []
        picture(page, "history-slow")
    finally:
        pages.gate.set()
    expect(page.locator("[data-row]")).to_have_count(long_history.ROWS)


def test_a_lost_connection_is_not_an_empty_list(pages: HistoryPages, pharmacist: Page) -> None:
    page, path = pharmacist, pages.opened()
    pages.fund.failures[MEDICATIONS] = ["lost"]
    page.goto(f"{pages.url}{path}")
    expect(page.get_by_role("alert")).to_contain_text("情報がないという意味ではありません。")
    assert (
        page.locator(".notice.technical").evaluate("one => getComputedStyle(one).borderTopStyle") == "dashed"
    )
    assert violations(page) == []
    picture(page, "history-offline")
    page.get_by_role("link", name="もう一度読み込む").click()
    expect(page.locator("[data-row]")).to_have_count(long_history.ROWS)


def test_the_keyboard_is_enough(pages: HistoryPages, pharmacist: Page) -> None:
    page = pharmacist
    page.goto(f"{pages.url}{pages.opened()}")
    order = [
        "本文へ", "受付", "ログアウト", "印刷", "閉じる", "薬剤", "診療・手術", "健診", "処方・調剤", "期間", "処方元", "情報源",
        "重なりのみ", "絞り込む", "すべて表示", "一覧", "タイムライン", "成分ごと", "日付順", "言語",
    ]  # fmt: skip
    focused = []
    for _ in order:
        page.keyboard.press("Tab")
        focused.append(
            page.evaluate(
                "() => { const at = document.activeElement; return (at.labels?.[0] ?? at).textContent.trim() }"
            )
        )
        assert page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth") == "3px"
    assert focused == order


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_every_printed_sheet_has_the_head(pages: HistoryPages, pharmacist: Page) -> None:
    pharmacist.goto(f"{pages.url}{pages.opened()}")
    sheets = sheets_of(pharmacist.pdf(format="A4"))
    assert len(sheets) > 3
    assert [sheet for sheet in sheets if "医療機関等コード1311111114" not in sheet] == []


def test_print_shows_the_head_and_no_controls(pages: HistoryPages, pharmacist: Page) -> None:
    page = pharmacist
    page.goto(f"{pages.url}{pages.opened()}")
    page.emulate_media(media="print")
    head = page.locator(".print-head")
    expect(head).to_be_visible()
    expect(head).to_contain_text("架空 花子")
    expect(head).to_contain_text("医療機関等コード 1311111114　閲覧者 見本　薬剤師（薬剤師）")
    expect(head).to_contain_text("閲覧できるのは")
    assert page.locator("thead").evaluate("one => getComputedStyle(one).display") == "table-header-group"
    for hidden in (".bar nav", ".filters", "footer", ".below", ".tabs"):
        expect(page.locator(hidden).first).not_to_be_visible()
    picture(page, "history-print", sizes=[PAPER])


def test_it_works_without_script(pages: HistoryPages, plain_page: Page, session: Any) -> None:
    page = plain_page
    page.context.add_cookies(session)
    page.goto(f"{pages.url}{pages.opened()}")
    page.get_by_label("情報源").select_option("dispensing")
    page.get_by_role("button", name="絞り込む").click()
    expect(page.get_by_text("81件中 5件を表示")).to_be_visible()


def test_nothing_personal_is_kept_by_the_browser(pages: HistoryPages, pharmacist: Page) -> None:
    page = pharmacist
    page.goto(f"{pages.url}{pages.opened()}")
    assert page.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 0]
    assert "架空 花子" not in page.title()


@at_night("each page is held at three sizes where it is used")
def test_every_size_contrast_and_language_shows_everything(pages: HistoryPages, pharmacist: Page) -> None:
    page, path = pharmacist, pages.opened()
    for language, contrast in (("ja", "high"), ("en", "normal")):
        page.goto(f"{pages.url}{path}")
        page.locator("#language").select_option(language)
        page.locator("#contrast").select_option(contrast)
        page.locator("footer button").click()
        for part in ("", "/treatments", "/checkups", "/entry"):
            page.goto(f"{pages.url}{path}{part}")
            expect(page.locator("html")).to_have_attribute("data-contrast", contrast)
            if contrast == "high" or DEEP:
                assert violations(page) == [], (part, language, contrast)
            if language == "en":
                assert_whole(page)
        page.goto(f"{pages.url}{path}")
        picture(page, f"history-medicines-{language}-{contrast}")
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("[data-row]").nth(2).scroll_into_view_if_needed()
    picture(page, "history-medicines-narrow")


def test_an_empty_list_names_its_months(pages: HistoryPages, pharmacist: Page) -> None:
    path = pages.opened()
    kept = pages.fund.history.pages[HistoryResource.MEDICATIONS]
    empty = kept[0].model_copy(update={"groups": [], "total": 0})
    pages.fund.history.pages[HistoryResource.MEDICATIONS] = [empty]
    try:
        pharmacist.goto(f"{pages.url}{path}")
        expect(pharmacist.get_by_text("この期間の情報はありません（2021-04 から 2026-04）。")).to_be_visible()
        picture(pharmacist, "history-empty")
    finally:
        pages.fund.history.pages[HistoryResource.MEDICATIONS] = kept
