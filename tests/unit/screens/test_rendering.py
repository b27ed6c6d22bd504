"""Pages escape every value, refuse unknown names, and follow the chosen display."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

from screens import icons
from screens.rendering import TEMPLATES, Display, Renderer
from screens.texts import Texts
from screens.web.assets import Assets

NAMES = ["試験　<script>alert(1)</script>", "試験　𠮷子", '"><img src=x onerror=alert(1)>', "見本　髙﨑"]


def renderer(folder: Path, template: str) -> Renderer:
    (folder / "page.html").write_text(template, encoding="utf-8")
    return Renderer(Texts.load(), folder, asset_url=Assets("/assets").url)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_and_never_markup(tmp_path: Path, name: str) -> None:
    html = renderer(tmp_path, '<p title="{{ name }}">{{ name }}</p>').render(
        "page.html", Display(), name=name
    )
    assert html.count("<") == 2
    assert "onerror=" not in html or "&#34;&gt;" in html


def test_a_character_that_cannot_be_shown_is_marked_in_a_name(tmp_path: Path) -> None:
    template = '{% import "screens/macros.html" as m with context %}{{ m.person_name(name, "カナ", "", "表示できない文字") }}'
    html = renderer(tmp_path, template).render("page.html", Display(), name="見本　●<b>")
    assert html.count('aria-label="表示できない文字"') == 1
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize(
    "template", ["{{ absent }}", "{{ t('absent') }}", "{{ icon('absent') }}", "{{ asset('absent') }}"]
)
def test_an_unknown_name_is_an_error(tmp_path: Path, template: str) -> None:
    with pytest.raises((jinja2.UndefinedError, KeyError)):
        renderer(tmp_path, template).render("page.html", Display())


@pytest.mark.parametrize(
    ("language", "expected"),
    [("ja", "本文へ 日本語"), ("en", "Skip to the content English"), ("fr", "本文へ 日本語")],
)
def test_texts_and_pairs_follow_the_language(tmp_path: Path, language: str, expected: str) -> None:
    page = renderer(tmp_path, "{{ t('common.skip') }} {{ pick(('日本語', 'English')) }}")
    assert page.render("page.html", Display.of({"language": language})) == expected


@pytest.mark.parametrize(
    ("chosen", "display"),
    [
        ({}, Display()),
        ({"contrast": "high", "size": "20"}, Display("ja", "high", "20")),
        ({"contrast": "<x>", "size": "200"}, Display()),
    ],
)
def test_a_display_that_does_not_exist_is_the_default(chosen: dict[str, str], display: Display) -> None:
    assert Display.of(chosen) == display


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    folders = [TEMPLATES, Path(__file__).parents[3] / "payer_mock" / "web" / "templates"]
    pages = [file for folder in folders for file in folder.rglob("*.html")]
    assert len(pages) > 10
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|https?://|\|\s*safe", text), page.name
        assert not re.search(r"<script(?! src=)", text), page.name


@pytest.mark.parametrize("name", sorted(icons.NAMES))
def test_an_icon_is_hidden_from_screen_readers_and_has_the_colour_of_the_text(name: str) -> None:
    svg = str(icons.icon(name))
    assert 'aria-hidden="true"' in svg
    assert 'stroke="currentColor"' in svg
    assert "style" not in svg
