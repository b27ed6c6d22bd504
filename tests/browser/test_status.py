"""The fund's page of its state in a browser: what is in order, what is not, and the next planned downtime."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from eligibility_api.contract.notice import Downtime, Downtimes
from eligibility_api.status import board, downtimes
from tests.builders.browser import assert_clean, picture, serving
from tests.builders.status_page import NOW, WITHOUT_DATABASE, StatusService

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StatusService:
    """A fund that is in order, and looked at for each request."""
    service = StatusService(tmp_path)
    monkeypatch.setattr(board, "read_readiness", service.read)
    monkeypatch.setattr(board, "LOOK_SECONDS", 0.0)
    return service


@pytest.fixture
def url(service: StatusService) -> Iterator[str]:
    with serving(service.app()) as base:
        yield f"{base}/status"


def test_a_fund_in_order_is_shown_as_such(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_text("稼働状況")
    expect(page.get_by_text("計画停止の予定はありません。")).to_be_visible()
    expect(page.locator(".strip .in-order")).to_have_count(3)
    expect(page.locator(".strip .unknown")).to_have_count(0)
    assert_clean(page)
    picture(page, "status")


def test_without_its_database_the_fund_shows_what_fails_and_what_is_planned(
    page: Page, url: str, service: StatusService
) -> None:
    service.readiness = WITHOUT_DATABASE
    sentence = "定期保守のため停止します。" * 13 + HOSTILE
    planned = Downtime(
        begins_at=NOW + timedelta(hours=1), ends_at=NOW + timedelta(hours=3), ja=sentence, en="Maintenance"
    )
    downtimes.write(service.home, Downtimes(planned=[planned]))
    page.goto(url)
    failing = page.locator(".strip .unknown").filter(has_text="データベース 異常")
    expect(failing).to_have_css("border-top-style", "dashed")
    expect(page.get_by_text("計画停止のお知らせ")).to_be_visible()
    expect(page.get_by_text("2026年12月1日 13:00 から 2026年12月1日 15:00 まで")).to_be_visible()
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    assert_clean(page)
    picture(page, "status-downtime")

    page.get_by_role("link", name="English").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_text("Maintenance")).to_be_visible()
    expect(page.get_by_text("1 December 2026, 13:00")).to_be_visible()
    assert_clean(page)
