"""The reception in a real browser: the five states, the differences, the look-up by keyboard, slow answers, hiding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from clinic_terminal.store.records import StoredMembership, Way
from eligibility_api.contract.codes import Validity
from tests.builders.browser import (
    DESK,
    PHONE,
    SIZES,
    ZOOMED,
    Windows,
    fonts_of,
    misfits_at,
    picture,
    violations,
)
from tests.builders.clinic.desk import ADMINISTRATOR, RECEPTION, Desk, Operator, served_desk
from tests.builders.clinic.samples import NOW, answer, ended_enrolment, enrolment

LONG_NAME = "ＭＩＨＯＮ　ＳＡＭＰＬＥ　ＶＥＲＹ　ＬＯＮＧ　ＮＡＭＥ　𠮷子髙﨑●＜＞"
ASKED = StoredMembership(
    insurer_number="06130017", symbol="123", number="7702", birth_date=ended_enrolment().birth_date
)


@pytest.fixture(scope="module")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The module's desk. It asks for the browser first: without one, nothing is started."""
    with served_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture(scope="module")
def session(desk: Desk, windows: Windows) -> Any:
    """The cookies of the reception, logged in once for all tests: another log-in would end it."""
    page = windows.clean("page", DESK)
    log_in(desk, page)
    assert violations(page) == []
    return page.context.cookies()


@pytest.fixture
def reception(desk: Desk, page: Page, session: Any) -> Iterator[Page]:
    """A page in which the reception is logged in."""
    page.context.add_cookies(session)
    yield page
    desk.gate.set()


def log_in(desk: Desk, page: Page, operator: Operator = RECEPTION) -> None:
    page.goto(f"{desk.url}/login")
    page.get_by_label("氏名").fill(operator[0])
    page.get_by_label("パスワード").fill(operator[1])
    page.get_by_role("button", name="ログインする").click()
    page.wait_for_url("**/desk")


def open_visit(desk: Desk, page: Page, visit: str) -> None:
    page.goto(f"{desk.url}/desk/visits/{visit}")


def changed_person(desk: Desk) -> str:
    """A person who has a new insurer, and a name that cannot be transmitted."""
    was = enrolment(
        name="見本　髙﨑", name_kana="ミホン　タカサキ", insurer_number="06130017",
        insurer_name="架空健康保険組合", symbol="架空", number="7756",
    )  # fmt: skip
    desk.visit(answer(results=[was]), at=NOW - timedelta(days=58))
    changes = {
        "name": "見本　●●",
        "insurer_number": "01130012",
        "insurer_name": "架空健康保険協会",
        "number": "99",
    }
    return desk.visit(answer(results=[was.model_copy(update=changes)]))


def states(desk: Desk) -> dict[str, str]:
    """A visit of each state, by its class."""
    return {
        "valid": desk.visit(answer()),
        "invalid": desk.visit(answer(Validity.INVALID, [ended_enrolment()])),
        "none": desk.visit(answer(Validity.NOT_FOUND, []), way=Way.NUMBER, asked=ASKED),
        "several": desk.visit(answer(Validity.AMBIGUOUS, []), way=Way.NUMBER, asked=ASKED),
        "unknown": desk.visit(None, code="fund-unreachable", way=Way.NUMBER, asked=ASKED, milliseconds=8000),
    }


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
    expect(page.get_by_text("「無効」ではありません").first).to_be_visible()
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
    expect(page.locator("#announcer")).to_contain_text("ほかの確認方法")
    desk.gate.set()
    expect(page.locator(".status.valid")).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("18:00 有効")


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


def test_a_passer_by_sees_no_name_after_a_while(desk: Desk, own_page: Page, session: Any) -> None:
    page = own_page
    page.context.add_cookies(session)
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


def test_on_a_phone_an_answer_is_visible_below_a_long_list_which_keeps_its_place(
    desk: Desk, reception: Page
) -> None:
    page = reception
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    visits = [desk.visit(answer()) for _ in range(12)]
    open_visit(desk, page, visits[-1])
    expect(page.locator(".status.valid")).to_be_in_viewport()
    to_its_end = page.wait_for_function(  # a push may replace the list meanwhile
        "() => { const list = document.querySelector('.queue'); list.scrollTo(0, list.scrollHeight); return list.scrollTop }"
    )
    before = to_its_end.json_value()
    desk.visit(answer(Validity.INVALID, [ended_enrolment()]))
    expect(page.locator(".queue .invalid").first).to_be_attached()
    expect(page.locator("#announcer")).to_contain_text("新しい受付 1件")
    assert page.locator(".queue").evaluate("list => list.scrollTop") == before
    assert violations(page) == []
    page.goto(f"{desk.url}/desk")
    assert page.locator(".queue").evaluate("list => list.scrollHeight - list.clientHeight") <= 1


def test_rare_characters_of_a_name_have_glyphs(desk: Desk, reception: Page) -> None:
    open_visit(desk, reception, desk.visit(answer(results=[enrolment(name=LONG_NAME)])))
    usual, *others = sorted(fonts_of(reception, ".person .name"))
    assert usual == "BIZ UDPGothic"
    assert others, "it has no 𠮷: without another font this would be an empty box"


def test_nothing_is_cut_off_at_any_size(desk: Desk, reception: Page) -> None:
    page = reception
    several = [
        enrolment(name=LONG_NAME, insurer_name="架空長名称全国統合健康保険組合連合会東日本支部"),
        enrolment(number="9" * 20),
    ]
    visits = [changed_person(desk), desk.visit(answer(results=several)), *states(desk).values()]
    for path in (*(f"visits/{visit}" for visit in visits), "number"):
        page.goto(f"{desk.url}/desk/{path}")
        for size in (*SIZES, ZOOMED, (1920, 1080)):
            assert misfits_at(page, size) == [], (path, size)


def test_a_wide_screen_has_three_columns_and_a_narrow_one_breaks_no_word(desk: Desk, reception: Page) -> None:
    page = reception
    open_visit(desk, page, changed_person(desk))
    page.set_viewport_size({"width": 1920, "height": 1080})
    lefts = page.evaluate(
        """() => [".queue", ".person > header", ".person > .facts"].map(
            part => Math.round(document.querySelector(part).getBoundingClientRect().left))"""
    )
    tops = page.evaluate(
        """() => [".person > header", ".person > .facts"].map(
            part => Math.round(document.querySelector(part).getBoundingClientRect().top))"""
    )
    assert lefts == sorted(lefts)
    assert min(lefts[1] - lefts[0], lefts[2] - lefts[1]) > 400
    assert tops[0] == tops[1]
    assert violations(page) == []
    picture(page, "desk-wide")
    page.set_viewport_size({"width": 360, "height": 740})
    button = page.get_by_role("button", name="保険者はカルテのまま")
    assert button.evaluate("one => one.getBoundingClientRect().height") < 40, "its word is in one line"
    expect(page.locator(".differences .label").first).to_be_visible()
    button.scroll_into_view_if_needed()
    assert violations(page) == []
    picture(page, "desk-narrow")


def test_high_contrast_and_english_say_the_same(desk: Desk, reception: Page) -> None:
    page = reception
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{desk.url}/desk")
    page.get_by_label("言語").select_option("en")
    page.get_by_label("表示").select_option("high")
    page.get_by_role("button", name="変更する").click()
    for kind, visit in states(desk).items():
        open_visit(desk, page, visit)
        expect(page.locator(f".status.{kind}")).to_be_visible()
        assert violations(page) == []
    picture(page, "desk-high-contrast")


def test_without_script_every_page_works(desk: Desk, plain_page: Page) -> None:
    page = plain_page
    log_in(desk, page, ADMINISTRATOR)
    page.get_by_role("link", name="番号で照会 F2").click()
    for name, text in (("insurer_number", "01130012"), ("number", "345"), ("birth_date", "S55.2.3")):
        page.locator(f"#{name}").fill(text)
    page.get_by_role("button", name="照会する").click()
    page.wait_for_url("**/desk/visits/*")
    expect(page.locator(".status.valid")).to_be_visible(timeout=15_000)


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
    expect(page.locator(".tiles li").filter(has_text="要確認")).to_contain_text("2")
    expect(page.get_by_role("row", name="09:20")).to_contain_text("負担割合の登録がありません")
    picture(page, "desk-appointments")
    with page.expect_download() as download:
        page.get_by_role("link", name="結果をCSVで保存").click()
    saved = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(saved) == 21
    for size in (*SIZES, ZOOMED):
        assert misfits_at(page, size) == []
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.get_by_role("link", name="09:10 を開く").click()
    expect(page.locator(".status.invalid")).to_be_visible()
    assert violations(page) == []
    picture(page, "desk-appointment")
    page.get_by_role("link", name="予約の一覧に戻る").click()
    expect(page.locator(".tiles")).to_be_visible()


def test_a_part_that_is_not_in_order_shows_its_remedy_and_a_waiting_card_its_check(
    desk: Desk, reception: Page
) -> None:
    page = reception
    known, desk.readers[:] = list(desk.readers), []
    desk.site.state.refresh()
    page.goto(f"{desk.url}/desk")
    strip = page.locator(".strip li").filter(has_text="リーダー")
    expect(strip).to_have_css("border-top-style", "dashed")
    page.get_by_role("link", name="リーダー").click()
    expect(page.get_by_text("リーダーの電源とケーブルを確認し")).to_be_visible()
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
