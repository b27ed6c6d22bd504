"""The auditor's report in a real browser: on a screen, on a narrow one, and on A4 paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from eligibility_api.audit.report.making import write
from eligibility_api.audit.report.phrases import Phrases
from eligibility_api.contract.consent_versions import Language
from tests.builders.audit_figures import HOSTILE, busy_month
from tests.builders.browser import assert_clean, picture

A4 = (688, 1000)
"""The printed width of A4 with the page's margins, in pixels of CSS."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[Language, str]:
    """The addresses of the pages, by language."""
    folder: Path = tmp_path_factory.mktemp("report")
    figures = busy_month()
    return {language: write(figures, Phrases(language), folder / language).as_uri() for language in Language}


@pytest.mark.parametrize("language", Language)
def test_the_report_is_accessible_and_fits_its_window(
    page: Page, reports: dict[Language, str], language: Language
) -> None:
    page.goto(reports[language])
    expect(page.locator("h1")).to_have_text(Phrases(language)("report.title"))
    expect(page.locator("section.panel")).to_have_count(10)
    assert_clean(page)
    page.set_viewport_size({"width": 1000, "height": 1250})
    picture(page, f"audit-report-{language}")


def test_names_are_texts_and_no_script_runs(own_page: Page, reports: dict[Language, str]) -> None:
    page = own_page
    page.on("dialog", lambda _: pytest.fail("a script ran"))
    page.goto(reports[Language.JA])
    expect(page.get_by_role("cell", name=HOSTILE).first).to_be_visible()
    assert page.locator("script").count() == 0


def test_a_figure_of_the_summary_leads_to_its_section(page: Page, reports: dict[Language, str]) -> None:
    page.goto(reports[Language.JA])
    page.get_by_role("link", name="特権操作").click()
    expect(page.get_by_role("heading", name="9. 特権操作")).to_be_in_viewport()


def test_on_paper_it_is_black_on_white_and_nothing_is_cut_off(
    page: Page, reports: dict[Language, str]
) -> None:
    page.goto(reports[Language.JA])
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4[0], "height": A4[1]})
    cut = page.evaluate(
        """() => [...document.querySelectorAll("table, svg")].filter(element =>
            element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
          .map(element => element.outerHTML.slice(0, 120))"""
    )
    assert cut == []
    marks = page.locator("rect.bar-mark").first
    assert marks.evaluate("element => getComputedStyle(element).fill") == "rgb(0, 0, 0)"
    assert (
        page.locator("body").evaluate("element => getComputedStyle(element).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert page.locator("p.notice").evaluate("element => getComputedStyle(element).color") == "rgb(0, 0, 0)"
