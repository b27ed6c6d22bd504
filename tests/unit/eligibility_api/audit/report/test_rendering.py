"""The files of a report: what is not shown is counted, hostile names are texts, rare operations come first."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from eligibility_api.audit.report.csv_file import COLUMNS, render_csv
from eligibility_api.audit.report.details import content, subject, who
from eligibility_api.audit.report.figures import MAX_LISTED, Figures, Operation
from eligibility_api.audit.report.markdown import render_markdown
from eligibility_api.audit.report.page import render_page, summary
from eligibility_api.audit.report.phrases import TEXTS, Phrases
from eligibility_api.audit.report.reasons import Reason
from eligibility_api.audit.report.sections import MAX_SHOWN, sections
from eligibility_api.contract.codes import EndReason
from eligibility_api.contract.consent_versions import Language
from eligibility_api.contract.emergency import EmergencyReason
from tests.builders.audit_figures import HOSTILE, busy_month

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LANGUAGES = pytest.mark.parametrize("language", Language)


@pytest.fixture(scope="module")
def figures() -> Figures:
    return busy_month()


@LANGUAGES
def test_a_long_table_shows_its_first_rows_and_how_many_there_are(
    figures: Figures, language: Language
) -> None:
    phrases = Phrases(language)
    tables = [table for section in sections(figures, phrases) for table in section.tables]
    assert {table.total for table in tables} >= {None, 30, 31}
    assert all(len(table.rows) <= MAX_SHOWN for table in tables)
    note = phrases("report.shown", shown=MAX_SHOWN, total="30", where=phrases("report.in-csv"))
    for text in (render_page(figures, phrases), render_markdown(figures, phrases)):
        assert note in text


@LANGUAGES
def test_rows_that_no_file_has_are_reported_as_missing(language: Language) -> None:
    busy, phrases = busy_month(), Phrases(language)
    note = phrases("report.capped", limit=f"{MAX_LISTED:,}")
    assert note not in render_page(busy, phrases)
    for n in range(MAX_LISTED):
        busy.add_operation(Operation(UUID(int=n), NOW, "admission.terminal", None, None, None, None, {}))
    assert note in render_page(busy, phrases)
    assert note in render_markdown(busy, phrases)


@LANGUAGES
def test_a_hostile_name_is_a_text(figures: Figures, language: Language) -> None:
    page, document = render_page(figures, Phrases(language)), render_markdown(figures, Phrases(language))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in document
    rows = [line for line in document.splitlines() if "alert(1)" in line]
    assert rows
    assert all(line.count(" | ") == len(line.split(" | ")) - 1 and "\\|" in line for line in rows)


def test_every_row_of_the_csv_file_has_its_columns_and_a_count(figures: Figures) -> None:
    rows = list(
        csv.reader(io.StringIO("".join(render_csv(figures, Phrases(Language.JA))).removeprefix("\ufeff")))
    )
    assert rows[0] == list(COLUMNS)
    assert len(rows) > 300
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert all(row[-1].isdecimal() for row in rows[1:])
    assert not [cell for row in rows[1:] for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_rare_operations_come_first(figures: Figures) -> None:
    privileged = list(sections(figures, Phrases(Language.EN)))[-1]
    assert privileged.id == "privileged"
    listed = privileged.tables[-1]
    assert listed.rows[0][1] == Phrases(Language.EN).kind("disaster.opened")
    assert listed.total == 31


def test_the_summary_has_a_figure_for_each_section(figures: Figures) -> None:
    phrases = Phrases(Language.JA)
    shown = summary(figures, phrases)
    assert {one.section for one in shown} == {section.id for section in sections(figures, phrases)}
    assert {one.value for one in shown} >= {"13,020", "48", "31"}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            {"kind": "disaster.opened", "operator": "課長", "detail": {"os_user": "ops", "areas": ["13"], "reason": "地震"}},
            ("課長 / ops", "", "reason: 地震; areas: 13"),
        ),
        (
            {"kind": "operator.registered", "operator": "医師", "institution_code": "1311111114",
             "detail": {"os_user": "ops", "medical": True, "emergency": False}},
            ("ops", "1311111114 医師", "medical data: ✓"),
        ),
        (
            {"kind": "enrolment.file-approve", "client_id": UUID(int=7 << 96), "insurer_number": "01130012",
             "detail": {"reason": "確認済み", "upload": "x", "unknown": "secret"}},
            ("00000007", "01130012", "reason: 確認済み; file: x"),
        ),
        ({"kind": "keys.loaded", "detail": {"os_user": "ops", "token": "thumbprint"}}, ("ops", "", "")),
    ],
    ids=["disaster", "operator", "approval", "keys"],
)  # fmt: skip
def test_an_operation_shows_who_about_whom_and_what(
    operation: dict[str, object], expected: tuple[str, str, str]
) -> None:
    empty = Operation(UUID(int=1), NOW, "", None, None, None, None, {})
    one = replace(empty, **operation)  # type: ignore[arg-type]
    assert (who(one), subject(one), content(one, Phrases(Language.EN))) == expected


def test_every_value_that_is_recorded_has_a_name_in_both_languages() -> None:
    keys = TEXTS.keys()
    assert {f"reason.{reason}" for reason in Reason} <= keys
    assert {f"emergency.{reason}" for reason in EmergencyReason} <= keys
    assert {f"end.{reason}" for reason in EndReason} <= keys


@LANGUAGES
def test_an_unknown_value_is_shown_as_it_is(language: Language) -> None:
    phrases = Phrases(language)
    assert phrases.of("end", "9") == "9"
    assert phrases.of("end", "") == phrases("end.unstated")
    assert (phrases.kind("later.kind"), phrases.cause("later-cause")) == ("later.kind", "later-cause")
    assert phrases.outcome("permitted") == phrases("outcome.permitted")
    # A cause without a short name here has the sentence of the catalogue.
    assert phrases.cause("certificate-policy") != "certificate-policy"
    assert HOSTILE
