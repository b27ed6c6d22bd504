"""A Japanese day in a page's text is never broken, and nothing but texts is changed."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.rendering import Display, Renderer
from screens.texts import Texts
from screens.web.assets import Assets
from screens.whole_days import with_whole_days


@pytest.mark.parametrize(
    "day",
    [
        "令和8年11月30日",
        "平成元年1月8日",
        "昭和54年11月2日",
        "2026年3月1日",
        "11月30日",
        "14時05分",
        "9時00分",
    ],
)
def test_a_day_or_time_stays_in_one_line(day: str) -> None:
    assert with_whole_days(f"<p>期限は{day}です</p>") == f'<p>期限は<span class="whole">{day}</span>です</p>'


def test_a_line_may_be_broken_between_a_day_and_its_time() -> None:
    page = with_whole_days("令和8年11月30日 14時05分に作られました")
    assert page.count("<span") == 2
    assert "</span> <span" in page


@pytest.mark.parametrize(
    "page",
    [
        '<time datetime="2026-11-30" aria-label="令和8年11月30日">',
        '<input value="昭和54年11月2日"',
        "<title>令和8年11月30日 – 資格</title>",
        "<option>令和8年11月30日</option>",
        "<textarea>令和8年11月30日</textarea>",
        '<svg><text x="1">令和8年11月30日</text></svg>',
        "<svg><title>令和8年11月30日の図</title><desc>11月30日</desc></svg>",
        "<p>令和8年、11月、30日、第3月、2026-11-30、14:05</p>",
    ],
)
def test_what_is_no_day_or_cannot_have_markup_stays_as_it_is(page: str) -> None:
    assert with_whole_days(page) == page


def test_a_text_after_such_an_element_is_changed() -> None:
    page = with_whole_days('<svg><text x="1">11月30日</text></svg><p title="11月30日">11月30日</p>')
    assert page.endswith('<p title="11月30日"><span class="whole">11月30日</span></p>')
    assert page.count("<span") == 1


@given(st.text("<>&\"' a年月日時分令和昭元0189", max_size=60))
def test_no_text_of_a_value_changes(text: str) -> None:
    page = f"<p>{escape(text)}</p>"
    assert with_whole_days(page).replace('<span class="whole">', "").replace("</span>", "") == page


def test_every_rendered_page_has_whole_days(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<p title="{{ day }}">{{ day }}まで</p>', encoding="utf-8")
    renderer = Renderer(Texts.load(), tmp_path, asset_url=Assets("/assets").url)
    html = renderer.render("page.html", Display(), day="令和8年11月30日")
    assert html == '<p title="令和8年11月30日"><span class="whole">令和8年11月30日</span>まで</p>'
