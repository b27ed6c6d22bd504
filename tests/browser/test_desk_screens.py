"""The reception's screens in a real browser: at each size, in each contrast and language, with rare characters."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from eligibility_api.contract.codes import Validity
from tests.builders.browser import PHONE, assert_clean, assert_whole, fonts_of, picture, violations
from tests.builders.clinic.desk import Desk
from tests.builders.clinic.desk_steps import LONG_NAME, changed_person, open_visit, states
from tests.builders.clinic.samples import answer, ended_enrolment, enrolment
from tests.depth import at_night


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


@at_night("each page is held at three sizes where it is used")
def test_nothing_is_cut_off_at_any_size(desk: Desk, reception: Page) -> None:
    page = reception
    several = [
        enrolment(name=LONG_NAME, insurer_name="架空長名称全国統合健康保険組合連合会東日本支部"),
        enrolment(number="9" * 20),
    ]
    visits = [changed_person(desk), desk.visit(answer(results=several)), *states(desk).values()]
    for path in (*(f"visits/{visit}" for visit in visits), "number"):
        page.goto(f"{desk.url}/desk/{path}")
        assert_whole(page, (1920, 1080))


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


@at_night("each page is held at three sizes where it is used")
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


@pytest.mark.parametrize("path", ["desk/visits/none", "operators"], ids=["missing", "another's"])
def test_a_failure_has_what_to_do_and_leads_back(desk: Desk, reception: Page, path: str) -> None:
    reception.goto(f"{desk.url}/{path}")
    expect(reception.locator("main [role=alert]")).to_be_visible()
    assert_clean(reception)
    reception.get_by_role("link", name="受付の画面へ").click()
    reception.wait_for_url("**/desk")
