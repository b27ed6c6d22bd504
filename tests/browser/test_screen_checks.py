"""What the browser tests hold each screen against finds its faults, and a failed step leaves its pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.builders import browser as browsers
from tests.builders.browser import DESK, PHONE, keep_failure, misfits_at, violations

PAGE = """<!doctype html><html lang="ja" data-scale="{scale}"><title>見本</title>
<style>body {{ margin: 8px; font-size: 17px; overflow-wrap: anywhere }} main {{ width: 300px }} button {{ display: block; height: 70px; font: inherit }}</style>
<main><h1>見本</h1>{content}</main></html>"""

DAY = "令和8年11月30日"


@pytest.fixture
def page(page: Page) -> Page:
    """A page whose content is set: of an empty one, which no policy forbids a style."""
    if page.url != "about:blank":
        page.goto("about:blank")
    return page


@pytest.mark.parametrize(
    ("scale", "content", "fault"),
    [
        ("desk", '<p style="width: 900px">見本</p>', "wider than the window"),
        (
            "desk",
            '<p class="said" style="position: absolute; left: 900px">見本</p>',
            "a page that moves sideways",
        ),
        ("desk", '<p style="width: 40px; overflow: hidden; white-space: nowrap">見本　太郎</p>', "cut off"),
        ("desk", '<p style="text-overflow: ellipsis">見本</p>', "an ellipsis"),
        ("desk", '<p style="font-size: 12px">見本</p>', "text of 12.0 px"),
        ("phone", '<p style="font-size: 14px">見本</p>', "text of 14.0 px"),
        ("reader", '<p style="font-size: 15px">見本</p>', "text of 15.0 px"),
        ("desk", '<svg viewBox="0 0 800 40"><text y="20" font-size="17">見本</text></svg>', "text of 6.4 px"),
        ("desk", '<button style="height: 20px">送</button>', "20 px high"),
        ("phone", '<button style="height: 44px">送</button>', "44 px high"),
        ("reader", '<button style="height: 60px">送</button>', "60 px high"),
        (
            "desk",
            f'<p style="display: flex">期限は<span class="whole">{DAY}</span>です</p>',
            "a day apart from its sentence",
        ),
        ("desk", f'<p style="width: 90px">期限は{DAY}です</p>', f"{DAY} is broken"),
        ("desk", '<p style="width: 60px">06130017</p>', "06130017 is broken"),
        ("desk", '<button style="width: 60px">カルテのまま</button>', "a short label is broken"),
        (
            "reader",
            '<h2 style="width: 60px; font-size: 20px">見本です</h2>',
            "a heading's last line is one character",
        ),
    ],
)
def test_a_fault_is_found(page: Page, scale: str, content: str, fault: str) -> None:
    page.set_content(PAGE.format(scale=scale, content=content))
    [found] = misfits_at(page, PHONE)
    assert found.startswith(fault)


@pytest.mark.parametrize("scale", ["desk", "phone", "reader"])
def test_a_page_in_order_has_none(page: Page, scale: str) -> None:
    content = f"""<p>期限は<span style="white-space: nowrap">{DAY}</span>です</p><button>送信する</button>
        <div class="scroll" style="overflow-x: auto"><p style="width: 900px">見本</p></div>"""
    page.set_content(PAGE.format(scale=scale, content=content))
    assert misfits_at(page, PHONE) == []


def test_axe_finds_a_field_without_a_label_and_then_none(page: Page) -> None:
    page.set_content(PAGE.format(scale="desk", content="<input>"))
    assert any(found.startswith("label: ") for found in violations(page))
    page.evaluate("document.querySelector('input').setAttribute('aria-label', '氏名')")
    assert violations(page) == []


def test_a_failed_step_leaves_a_picture_of_each_page(
    browser: Browser, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsers, "FAILURES", tmp_path / "browser")
    other = page.context.new_page()
    keep_failure(browser, "test_a[名]")
    pages = [one for context in browser.contexts for one in context.pages]
    pictures = [tmp_path / "browser" / f"test_a-名--{number}.png" for number in range(len(pages))]
    assert len(pages) >= 2
    assert sorted((tmp_path / "browser").iterdir()) == sorted(pictures)
    with Image.open(pictures[pages.index(page)]) as kept:
        assert kept.size[0] == DESK[0]
    other.close()
