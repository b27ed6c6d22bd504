"""The vendor's console: a person by the answer wanted, her card in a reader, a request and its replay, a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from sandbox.app import create_app
from tests.builders.browser import assert_clean, assert_whole, picture, serving, violations
from tests.builders.console import HOSTILE, ScriptedServices, console_of, event, exchange
from tests.depth import at_night


@pytest.fixture
def services() -> ScriptedServices:
    """A log with a look-up, its repetition with another answer, and one that met a fault."""
    problem = '{"code":"overloaded","status":503}'
    return ScriptedServices(
        log=[
            exchange(1),
            exchange(2, answer='{"validity":"2"}', milliseconds=9.5),
            exchange(
                3,
                path="/v1/eligibility/card",
                status=503,
                code="overloaded",
                faults="slow, overloaded",
                answer=problem,
            ),
        ]
    )


@pytest.fixture
def url(services: ScriptedServices) -> Iterator[str]:
    with serving(create_app(console_of(services))) as base:
        yield f"{base}/console"


def test_a_person_is_found_by_the_answer_wanted_and_her_card_placed_by_a_click(
    page: Page, url: str, services: ScriptedServices
) -> None:
    page.goto(url)
    expect(page.get_by_text("試験環境", exact=True)).to_be_visible()
    page.get_by_label("氏名・番号・説明から探す").fill("p01-valid")
    page.get_by_label("ほしい回答").select_option("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("人のうち1人"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^架空診療所に置く")).click()
    expect(page.get_by_text("P01-valid が置かれています。")).to_be_visible()
    expect(page.get_by_label("氏名・番号・説明から探す")).to_have_value("p01-valid")
    picture(page, "console-persons")
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("^カードを取る")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("カードはありません。")).to_be_visible()
    assert services.placed is None


def test_a_request_is_read_copied_compared_and_sent_again(page: Page, url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(url)
    page.get_by_role("link", name="リクエストの記録").click()
    expect(page.get_by_role("row")).to_have_count(4)
    picture(page, "console-requests")
    assert violations(page) == []
    page.get_by_role("link", name=re.compile("v1.eligibility.number")).first.click()
    expect(page.locator(".difference .added").first).to_be_visible()
    picture(page, "console-request")
    assert violations(page) == []
    page.get_by_role("button", name="curlをコピー").click()
    expect(page.locator("#announcer")).to_have_text("コピーしました")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#curl").text_content()
    page.get_by_role("button", name="再送する").click()
    expect(page).to_have_url(f"{url}/requests/4")
    expect(page.get_by_text("前回と同じです。")).to_be_visible()


def test_an_event_is_listed_with_its_target_and_what_came_of_it(
    page: Page, url: str, services: ScriptedServices
) -> None:
    page.goto(url)
    page.get_by_role("link", name="Webhook").click()
    expect(page.get_by_text("イベントはまだありません")).to_be_visible()
    assert violations(page) == []
    target = "http://127.0.0.1:9000/events"
    services.events = [
        event("consent.given", owner="1311111114", state="waiting", attempts=0, last_result=None),
        event("member.registered", data={"enrolment_ids": [str(n) * 36 for n in range(1, 5)]}),
        event("file.published", data={"upload_id": "6" * 36}, url=f"{target}/{HOSTILE}"),
        event("file.held", state="failed", attempts=12, last_result="status-503"),
    ]
    page.get_by_role("link", name="最新の情報に更新").click()
    expect(page.get_by_role("row")).to_have_count(5)
    expect(page.get_by_role("row", name="consent.given")).to_contain_text("送信待ち")
    expect(page.get_by_role("row", name="file.held")).to_contain_text("失敗 status-503")
    expect(page.get_by_role("row", name="file.published")).to_contain_text(HOSTILE)
    picture(page, "console-events")
    assert_clean(page)


def test_a_fault_is_caused_and_ended_with_the_keyboard_alone(
    page: Page, url: str, services: ScriptedServices
) -> None:
    page.goto(f"{url}/faults")
    page.get_by_label("医療機関等コード・保険者番号").fill("1311111114")
    page.get_by_role("button", name=re.compile("^起こす 混雑")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("起きている障害 1件")).to_be_visible()
    assert [(one["fault"], one["caller"]) for one in services.switches] == [("overloaded", "1311111114")]
    picture(page, "console-faults")
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("^今すぐ元に戻す")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("障害は起きていません。")).to_be_visible()


def test_an_error_is_found_with_the_persons_who_get_it(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="エラー", exact=True).click()
    page.get_by_label("コードまたは文から探す").fill("first-registration")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("件のうち1件"))).to_be_visible()
    picture(page, "console-errors")
    assert violations(page) == []
    page.locator("#first-registration-needed td a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("テスト患者")
    expect(page.get_by_label("ほしい回答")).to_have_value("first-registration-needed")


@at_night("each page is held at three sizes where it is used")
def test_in_english_and_in_high_contrast_the_pages_say_the_same(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("言語").select_option("en")
    page.get_by_label("表示").select_option("high")
    page.get_by_role("button", name="変更する").click()
    for path, title in (
        ("?text=P01", "Test persons"),
        ("/requests", "Request log"),
        ("/events", "Webhooks"),
        ("/faults", "Cause a fault"),
        ("/errors", "Errors"),
    ):
        page.goto(f"{url}{path}")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.get_by_text("Sandbox", exact=True)).to_be_visible()
        assert violations(page) == []


@at_night("each page is held at three sizes where it is used")
def test_nothing_is_cut_off_at_any_size(page: Page, url: str) -> None:
    for path in ("?text=P0", "/requests", "/requests/2", "/faults", "/errors"):
        page.goto(f"{url}{path}")
        assert_whole(page)
