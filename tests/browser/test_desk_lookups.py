"""The reception asks in a real browser: by number with the keyboard alone, with a slow answer, and for appointments."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page, expect

from eligibility_api.contract.codes import Category, Validity
from tests.builders.browser import assert_clean, assert_whole, picture, violations
from tests.builders.clinic.desk import ADMINISTRATOR, Desk
from tests.builders.clinic.desk_steps import LONG_NAME, log_in, open_visit
from tests.builders.clinic.fake_consents import given_ahead
from tests.builders.clinic.samples import answer, ended_enrolment, enrolment


def test_a_number_is_looked_up_with_the_keyboard_alone(desk: Desk, reception: Page) -> None:
    page, keys = reception, reception.keyboard
    page.goto(f"{desk.url}/desk")
    keys.press("F2")
    page.wait_for_url("**/desk/number")
    page.locator("#insurer_number").focus()
    for text in ("０１１３００１２", "12", "３４５", ""):
        keys.insert_text(text)
        keys.press("Enter")
    keys.insert_text("S55.2.3")
    keys.press("Tab")
    expect(page.locator("#birth_date-read")).to_have_text("= 昭和55年2月3日（1980-02-03）")
    expect(page.locator("#insurer_number")).to_have_value("01130012")
    picture(page, "desk-number")
    keys.press("Control+Enter")
    page.wait_for_url("**/desk/visits/*")
    expect(page.locator(".status.valid")).to_be_visible()
    former = page.url
    keys.press("F8")
    page.wait_for_url(lambda url: url != former)
    expect(page.locator(".status.valid")).to_be_visible()
    keys.press("Shift+F8")
    expect(page.locator("#day")).to_be_focused()
    former = page.url
    keys.insert_text("R8.3.1")
    keys.press("Enter")
    page.wait_for_url(lambda url: url != former)
    expect(page.locator(".status.valid")).to_be_visible()
    assert desk.fund.bodies[-1]["as_of"] == "2026-03-01"


def test_input_that_cannot_be_meant_is_explained_where_it_is(desk: Desk, reception: Page) -> None:
    page = reception
    page.goto(f"{desk.url}/desk/number")
    page.locator("#insurer_number").fill("01130013")
    page.locator("#number").fill("123456789018")
    page.get_by_role("button", name="照会する").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#number")).to_have_value("")
    page.locator("#number").fill("1")
    page.get_by_role("button", name="照会する").click()
    expect(page.locator("#insurer_number")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    picture(page, "desk-number-fault")


def test_a_slow_answer_shows_its_seconds_then_the_other_ways_then_itself(desk: Desk, reception: Page) -> None:
    page = reception
    desk.gate.clear()
    open_visit(desk, page, desk.visit(answer()))
    page.get_by_role("button", name="もう一度確認").click()
    expect(page.get_by_role("heading", name="確認しています")).to_be_visible()
    expect(page.locator(".ladder")).to_have_count(0)
    desk.skip(5)
    expect(page.get_by_text("次の方法で受け付けて構いません")).to_be_visible()
    assert violations(page) == []
    picture(page, "desk-slow")
    expect(page.locator("#announcer")).to_contain_text("他の確認方法")
    desk.gate.set()
    expect(page.locator(".status.valid")).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("18:00 有効")


def test_appointments_are_checked_in_one_batch_and_exported(
    desk: Desk, reception: Page, tmp_path: Path
) -> None:
    page = reception
    page.goto(f"{desk.url}/desk")
    page.keyboard.press("Shift+F2")
    page.wait_for_url("**/desk/appointments")
    rows = ["tag,insurer_number,symbol,number,branch,birth_date"]
    rows += [f"{9 + n // 60:02}:{n % 60:02},01130012,12,{345 + n},00,S55.2.3" for n in range(0, 200, 10)]
    table = tmp_path / "予約.csv"
    table.write_bytes("".join(f"{row}\r\n" for row in rows).encode("cp932"))
    missing = enrolment(name="見本　古希無", burden_expected=True)
    desk.fund.batches.answers = {
        "09:10": answer(Validity.INVALID, [ended_enrolment()]),
        "09:20": answer(results=[missing]),
        "09:30": answer(Validity.NOT_FOUND, []),
    }
    desk.fund.batches.polls_until_done = 10**6
    page.get_by_label("予約の CSV").set_input_files(table)
    page.get_by_role("button", name="照会する").click()
    expect(page.get_by_label("照会の進み具合")).to_be_visible()
    assert violations(page) == []
    desk.fund.batches.polls_until_done = 0
    expect(page.locator(".tiles li").filter(has_text="要確認")).to_contain_text("3")
    expect(page.get_by_role("row", name="09:20")).to_contain_text("負担割合の登録がありません")
    picture(page, "desk-appointments")
    with page.expect_download() as download:
        page.get_by_role("link", name="結果をCSVで保存").click()
    saved = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(saved) == 21
    assert_whole(page)
    page.get_by_role("link", name="09:10 を開く").click()
    expect(page.locator(".status.invalid")).to_be_visible()
    assert violations(page) == []
    picture(page, "desk-appointment")
    page.get_by_role("link", name="予約の一覧に戻る").click()
    expect(page.locator(".tiles")).to_be_visible()


def test_without_script_every_page_works(desk: Desk, plain_page: Page) -> None:
    page = plain_page
    log_in(desk, page, ADMINISTRATOR)
    page.get_by_role("link", name="番号で照会 F2").click()
    for name, text in (("insurer_number", "01130012"), ("number", "345"), ("birth_date", "S55.2.3")):
        page.locator(f"#{name}").fill(text)
    page.get_by_role("button", name="照会する").click()
    page.wait_for_url("**/desk/visits/*")
    expect(page.locator(".status.valid")).to_be_visible(timeout=15_000)


def test_who_consented_to_an_online_consultation_is_listed_with_her_insurance(
    desk: Desk, reception: Page
) -> None:
    page = reception
    desk.fund.lists.consents += [
        given_ahead(None, Category.MEDICATION, consent_id=UUID(int=1)),
        given_ahead(None, Category.HEALTH_CHECKUP, consent_id=UUID(int=2)),
    ]
    desk.fund.answers = [
        answer(results=[enrolment(name=LONG_NAME)]),
        answer(Validity.INVALID, [ended_enrolment()]),
    ]
    page.goto(f"{desk.url}/desk/online")
    page.get_by_role("button", name="一覧を表示").click()
    expect(page.get_by_role("row")).to_have_count(3)
    named = page.get_by_role("row", name=LONG_NAME[:6])
    expect(named).to_contain_text("有効")
    expect(named.get_by_role("img", name="表示できない文字")).to_have_count(1)
    assert named.locator("ul").evaluate("list => getComputedStyle(list).marginTop") == "0px"
    picture(page, "desk-online")
    assert_clean(page)
    named.get_by_role("link", name="開く").click()
    expect(page.locator(".status.valid")).to_be_visible()
