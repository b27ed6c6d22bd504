"""The insurer's clerks in a real browser: a member on both time axes, mismatches, papers and figures."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.builders.browser import (
    DESK,
    Windows,
    assert_clean,
    picture,
    reload_until,
    violations,
)
from tests.builders.enrolment_desk import EnrolmentDesk, open_desk, publish_earlier, row
from tests.builders.stack import PopulatedStack

LONG = "架空野々村長五郎左衛門尉之介太夫権之丞兵衛助右衛門三郎四郎五郎六郎七郎八郎九"
PEOPLE = {
    7701: ("試験　<script>alert(1)</script>", "シケン　スクリプト"),
    7702: ("試験　●子", "シケン　ヨシコ"),
    7703: (LONG, "カクウノノムラ　チョウゴロウ"),
    7704: ("見本　髙﨑", ""),
}


@pytest.fixture(scope="module")
def logged_in(windows: Windows, stack: PopulatedStack) -> tuple[EnrolmentDesk, Any]:
    """The insurer's desk with members of a file whom the resident register does not know, and the clerk's cookies."""
    desk = open_desk(stack, "06130025")
    page = windows.clean("page", DESK)
    desk.log_in(page)
    desk.send(page, "加入者.csv", [row(n, name=name, kana=kana) for n, (name, kana) in PEOPLE.items()])
    desk.decide(page, "反映する")
    expect(page.locator(".status h2")).to_have_text("反映済")
    return desk, page.context.cookies()


@pytest.fixture
def desk(logged_in: tuple[EnrolmentDesk, Any]) -> EnrolmentDesk:
    return logged_in[0]


@pytest.fixture
def page(page: Page, logged_in: tuple[EnrolmentDesk, Any]) -> Page:
    """A page at which the clerk is logged in."""
    page.context.add_cookies(logged_in[1])
    return page


def find(desk: EnrolmentDesk, page: Page, number: int) -> None:
    """Open a member's page."""
    page.goto(f"{desk.url}/uploads")
    page.get_by_role("link", name="加入者", exact=True).click()
    page.get_by_label("番号", exact=True).fill(str(number))
    page.get_by_role("button", name="探す").click()
    page.get_by_role("link", name="詳細").click()


@pytest.mark.parametrize("number", PEOPLE)
def test_every_name_is_shown_whole_and_as_text(desk: EnrolmentDesk, page: Page, number: int) -> None:
    find(desk, page, number)
    name, kana = PEOPLE[number]
    assert page.locator(".name").inner_text() == name
    expect(page.locator(".panel .kana")).to_have_text(kana or "カナなし")
    expect(page.get_by_role("img", name="表示できない文字")).to_have_count(name.count("●"))
    assert not re.search(rf"\b{number}\b", page.url)
    assert_clean(page)
    if name == LONG:
        picture(page, "enrolment-member-long-name")


def test_a_member_is_found_ended_and_shown_on_both_time_axes(desk: EnrolmentDesk, page: Page) -> None:
    page.goto(f"{desk.url}/members")
    page.get_by_label("番号", exact=True).fill("７７０２")
    page.get_by_label("生年月日").fill("昭和55年5月17日")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="1人が見つかりました")).to_be_visible()
    picture(page, "enrolment-search")
    assert_clean(page)
    page.get_by_role("link", name="詳細").click()
    expect(page.get_by_text("資格あり")).to_be_visible()
    page.get_by_text("資格喪失を登録する").click()
    page.get_by_label("資格喪失年月日").fill("2026/10/21")
    page.get_by_role("button", name="喪失を登録する").click()
    expect(page.get_by_text("資格喪失を登録しました。")).to_be_visible()
    expect(page.get_by_text("資格なし")).to_be_visible()
    versions = page.get_by_role("region", name="すべての登録").get_by_role("row")
    expect(versions).to_have_count(3)
    expect(versions.nth(1)).to_contain_text("現在の登録")
    expect(versions.nth(1)).to_contain_text("資格喪失年月日")
    expect(page.get_by_role("img", name="登録の履歴の図")).to_be_visible()
    page.get_by_label("資格確認日").fill("R8.10.15")
    page.get_by_role("button", name="表示する").click()
    expect(page.get_by_role("strong").filter(has_text="2026-10-15の資格は")).to_contain_text(
        "「あり（2020-04-01 – 2026-10-21）」"
    )
    page.get_by_role("heading", name="登録の履歴").evaluate("heading => heading.scrollIntoView()")
    picture(page, "enrolment-member")
    assert_clean(page)


def test_a_correction_replaces_the_period_and_its_faults_are_named(desk: EnrolmentDesk, page: Page) -> None:
    find(desk, page, 7704)
    page.get_by_text("内容を訂正する").click()
    page.get_by_label("生年月日").fill("昭和99年1月1日")
    page.get_by_role("button", name="訂正する", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("生年月日")
    expect(alert).to_be_focused()
    alert.get_by_role("link").click()
    expect(page.get_by_label("生年月日")).to_be_focused()
    assert violations(page) == []
    page.get_by_label("生年月日").fill("S55.5.17")
    page.get_by_label("氏名カナ").fill("ﾐﾎﾝ ﾀｶｻｷ")
    page.get_by_role("button", name="訂正する", exact=True).click()
    expect(page.get_by_text("訂正しました。")).to_be_visible()
    expect(page.locator(".panel .kana")).to_have_text("ミホン　タカサキ")


def test_the_oldest_mismatch_is_first_and_can_be_confirmed(desk: EnrolmentDesk, page: Page) -> None:
    page.goto(f"{desk.url}/uploads")
    page.get_by_role("link", name="不一致").click()
    rows = page.get_by_role("region", name="住民基本台帳情報との不一致").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("該当者なし")
    picture(page, "enrolment-mismatches")
    assert_clean(page)
    before = rows.count()
    rows.nth(1).get_by_role("button", name="確認済みにする").click()
    expect(page.get_by_text("確認済みにしました。")).to_be_visible()
    assert rows.count() == before - 1


def test_papers_are_listed_saved_and_printed(desk: EnrolmentDesk, page: Page) -> None:
    page.goto(f"{desk.url}/uploads")
    page.get_by_role("link", name="資格確認書").click()
    expect(page.get_by_role("region", name="資格確認書が必要な加入者")).to_contain_text("利用登録なし")
    picture(page, "enrolment-papers")
    assert_clean(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="一覧を CSV で保存").click()
    content = saved.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert "7701" in content.decode()
    with page.expect_download() as printed:
        page.get_by_role("button", name="資格確認書を PDF で作成").click()
    assert printed.value.path().read_bytes().startswith(b"%PDF-")


def test_applications_for_deregistration_have_a_page(desk: EnrolmentDesk, page: Page) -> None:
    page.goto(f"{desk.url}/uploads")
    page.get_by_role("link", name="解除の申請").click()
    expect(page.get_by_text("未処理の申請はありません。")).to_be_visible()
    assert_clean(page)


def test_figures_have_charts_and_tables(desk: EnrolmentDesk, page: Page, stack: PopulatedStack) -> None:
    page.goto(f"{desk.url}/uploads")
    before = date.today() - timedelta(days=85)  # noqa: DTZ011 - joined 23 days before it was published
    desk.send(page, "前々月.csv", [row(7706, acquired=before.isoformat())], changes=True)
    desk.decide(page, "反映する")
    expect(page.locator(".status h2")).to_have_text("反映済")
    publish_earlier(stack, desk.insurer, 62)
    joined = date.today() - timedelta(days=20)  # noqa: DTZ011 - the delay is of a later file's new members
    desk.send(page, "新規.csv", [row(7705, acquired=joined.isoformat())], changes=True)
    desk.decide(page, "反映する")
    expect(page.locator(".status h2")).to_have_text("反映済")
    page.get_by_role("link", name="統計").click()
    months = page.get_by_role("img", name=re.compile("^月別の登録までの日数"))
    reload_until(page, months)  # the fund publishes a second ahead
    expect(months).to_contain_text("95パーセンタイル")
    delay = page.get_by_role("img", name=re.compile("^登録までの日数（資格取得日から反映まで）"))
    expect(delay).to_contain_text(re.compile(r"中央値 2[0-4]\.\d日"))
    picture(page, "enrolment-figures")
    assert_clean(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    assert "95パーセンタイル" in saved.value.path().read_text(encoding="utf-8-sig")
