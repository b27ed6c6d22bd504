"""The reception in a real browser: the five states, the differences, a new visit, hiding, visual check, operators."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from eligibility_api.contract.codes import Validity
from tests.builders.browser import misfits_at, new_page, picture, run_until, violations
from tests.builders.clinic.desk import ADMINISTRATOR, RECEPTION, Desk, served_desk
from tests.builders.clinic.desk_steps import changed_person, log_in, open_visit, states
from tests.builders.clinic.samples import answer, ended_enrolment, enrolment

WORDS = {
    "valid": "有効", "invalid": "無効", "none": "該当資格なし", "several": "複数該当",
    "unknown": "確認できません（通信・システム障害）",
}  # fmt: skip
PICTURES = {
    "invalid": "desk-invalid",
    "none": "desk-not-found",
    "several": "desk-several",
    "unknown": "desk-unknown",
}


def test_each_state_comes_first_and_a_failure_is_neither_filled_nor_red(desk: Desk, reception: Page) -> None:
    page = reception
    shapes: dict[str, tuple[str, str, str]] = {}
    for kind, visit in states(desk).items():
        open_visit(desk, page, visit)
        banner = page.locator(".status")
        expect(banner.get_by_role("heading")).to_have_text(WORDS[kind])
        style = banner.evaluate(
            "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.borderTopStyle, s.color]; }"
        )
        shapes[kind] = tuple(style)
        assert violations(page) == []
        if kind in PICTURES:
            picture(page, PICTURES[kind])
    assert len({background for background, _, _ in shapes.values()}) == 5
    assert shapes["unknown"][:2] == ("rgb(255, 255, 255)", "dashed")
    assert [style for _, style, _ in shapes.values()].count("dashed") == 1
    expect(page.get_by_text("資格が「無効」という意味ではありません").first).to_be_visible()
    expect(page.get_by_text("fund-unreachable")).to_be_visible()
    expect(page.locator(".ladder li")).to_have_count(5)


def test_differences_are_taken_over_kept_and_undone_but_never_a_black_circle(
    desk: Desk, reception: Page
) -> None:
    page = reception
    open_visit(desk, page, changed_person(desk))
    picture(page, "desk-valid")
    name = page.get_by_role("row", name="氏名")
    expect(name).to_contain_text("●は反映しません")
    expect(name).to_contain_text("カナは一致")
    expect(name.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="保険者を反映").press("Enter")
    expect(page.get_by_text("反映しました。")).to_be_visible()
    page.get_by_role("button", name="記号・番号・枝番はカルテのまま").click()
    expect(page.locator(".queue a[aria-current] .mark")).to_have_count(0)
    page.get_by_role("button", name="保険者を元に戻す").click()
    expect(page.locator(".queue a[aria-current] .mark")).to_contain_text("変更1")


def test_a_new_visit_appears_and_moves_neither_focus_nor_selection(desk: Desk, reception: Page) -> None:
    page = reception
    visit = desk.visit(answer())
    open_visit(desk, page, visit)
    link = page.locator(f"#visit-{visit}")
    link.focus()
    before = page.locator(".queue li").count()
    desk.visit(answer(Validity.INVALID, [ended_enrolment()]))
    expect(page.locator(".queue li")).to_have_count(before + 1)
    expect(page.locator("#announcer")).to_contain_text("新しい受付 1件")
    expect(link).to_be_focused()
    expect(link).to_have_attribute("aria-current", "true")
    page.keyboard.press("Home")
    expect(page.locator(".queue a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".status.invalid")).to_be_visible()


def test_a_list_that_is_refused_shows_since_when_and_is_opened_again(
    desk: Desk, browser: Browser, desk_session: Any
) -> None:
    page = new_page(browser)  # whose console has the refusals
    page.context.add_cookies(desk_session)
    page.clock.install()
    page.route("**/desk/events*", lambda route: route.fulfill(status=503))
    page.goto(f"{desk.url}/desk")
    notice = page.locator("[data-stale]")
    run_until(page, notice)
    expect(notice).to_have_text(re.compile(r"^\s*\d\d:\d\dから更新できていません。"))
    assert violations(page) == []
    page.unroute_all()
    run_until(page, notice, shown=False)
    page.context.close()


def test_a_page_whose_session_is_over_leads_to_the_log_in_and_back(own_page: Page, tmp_path: Path) -> None:
    page = own_page
    with served_desk(tmp_path) as desk:
        log_in(desk, page)
        page.goto(f"{desk.url}/desk/number")
        desk.site.sessions.end_all()
        page.wait_for_url("**/login?next=/desk/number")
        expect(page.get_by_role("heading", name="ログイン")).to_be_visible()


def test_input_in_another_tab_leaves_an_older_one_as_it_is(
    desk: Desk, own_page: Page, desk_session: Any
) -> None:
    older = own_page
    older.context.add_cookies(desk_session)
    older.clock.install()
    older.goto(f"{desk.url}/desk/number")
    older.locator("#number").fill("345")
    with older.expect_response("**/read-back"):
        older.keyboard.press("Tab")
    newer = older.context.new_page()
    desk.skip(20 * 60)
    newer.goto(f"{desk.url}/desk")
    desk.skip(9 * 60)
    with older.expect_response("**/alive") as answered:
        older.clock.fast_forward("29:00")
    assert 20 * 60 < answered.value.json()["seconds"] <= 21 * 60
    expect(older.get_by_role("dialog")).to_be_hidden()
    expect(older.locator("#number")).to_have_value("345")
    desk.skip(20 * 60 + 30)
    run_until(older, older.get_by_role("dialog"), step="20:30")
    with older.expect_response("**/alive"):
        older.keyboard.press("Enter")
    expect(older.get_by_role("dialog")).to_be_hidden()
    expect(older.locator("#number")).to_have_value("345")


def test_the_code_of_a_failure_is_copied(desk: Desk, reception: Page) -> None:
    page = reception
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_visit(desk, page, desk.visit(None, code="fund-unreachable"))
    page.get_by_role("button", name="コピー").click()
    expect(page.locator("#announcer")).to_have_text("コピーしました")
    assert page.evaluate("navigator.clipboard.readText()") == "fund-unreachable"


def test_a_passer_by_sees_no_name_after_a_while(desk: Desk, own_page: Page, desk_session: Any) -> None:
    page = own_page
    page.context.add_cookies(desk_session)
    page.clock.install()
    open_visit(desk, page, desk.visit(answer()))
    expect(page.locator(".person")).to_be_visible()
    page.clock.run_for(61_000)
    expect(page.get_by_text("表示を隠しました")).to_be_visible()
    expect(page.locator(".person")).to_be_hidden()
    expect(page.locator(".queue .private").first).to_be_hidden()
    page.keyboard.press("Space")
    expect(page.locator(".person")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".person")).to_be_hidden()
    page.keyboard.press("Space")


def test_the_sentence_for_the_patient_fills_the_screen_without_a_name(desk: Desk, reception: Page) -> None:
    page = reception
    open_visit(desk, page, desk.visit(answer(Validity.INVALID, [ended_enrolment()])))
    page.get_by_role("button", name="大きく表示").click()
    large = page.get_by_role("dialog", name="患者さんへのご案内")
    expect(large).to_contain_text("2026年3月1日からなくなっています")
    expect(large).not_to_contain_text("架空 花子")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()


def test_of_several_insurances_of_one_person_the_operator_chooses(desk: Desk, reception: Page) -> None:
    page = reception
    open_visit(desk, page, desk.visit(answer(results=[enrolment(), enrolment(number="999")])))
    expect(page.get_by_text("2件の資格があります。")).to_be_visible()
    assert violations(page) == []
    expect(page.get_by_text("カルテに使う資格です")).to_have_count(0)
    page.get_by_role("button", name="2件目をカルテに使う").click()
    second = page.get_by_role("article", name="資格 2")
    expect(second.get_by_text("カルテに使う資格です")).to_be_visible()
    expect(second).to_contain_text("999")


def test_a_part_that_is_not_in_order_shows_its_remedy_and_a_waiting_card_its_check(
    desk: Desk, reception: Page
) -> None:
    page = reception
    known, desk.readers[:] = list(desk.readers), []
    desk.site.state.refresh()
    page.goto(f"{desk.url}/desk")
    strip = page.locator(".strip li").filter(has_text="カードリーダー")
    expect(strip).to_have_css("border-top-style", "dashed")
    page.get_by_role("link", name="カードリーダー").click()
    expect(page.get_by_text("カードリーダーの電源とケーブルを確認し")).to_be_visible()
    picture(page, "desk-state")
    assert violations(page) == []
    desk.readers[:] = known
    desk.site.state.refresh()
    page.keyboard.press("F9")
    page.wait_for_url("**/desk/visual")
    expect(page.get_by_role("button", name=f"写真と一致しました（記録者 {RECEPTION[0]}）")).to_be_visible()
    assert violations(page) == []
    picture(page, "desk-visual")


def test_the_administrator_adds_an_operator(desk: Desk, page: Page) -> None:
    log_in(desk, page, ADMINISTRATOR)
    page.get_by_role("link", name="担当者").click()
    page.get_by_label("氏名").fill("見本　医師")
    page.get_by_label("役割").select_option("doctor")
    page.get_by_role("textbox", name="パスワード").fill("doctor-password")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("row", name="見本　医師")).to_contain_text("医師")
    assert violations(page) == []
    picture(page, "desk-operators")
    assert misfits_at(page, (360, 740)) == []
