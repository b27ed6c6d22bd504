"""The auditor's report over a small month with known counts: read as an auditor, in both languages."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import stat
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import asyncpg
import pytest

from eligibility_api.audit.report import store
from eligibility_api.audit.report.csv_file import render_csv
from eligibility_api.audit.report.figures import REASONS, Figures
from eligibility_api.audit.report.making import read_figures, write
from eligibility_api.audit.report.markdown import render_markdown
from eligibility_api.audit.report.page import render_page
from eligibility_api.audit.report.period import Period
from eligibility_api.audit.report.phrases import Phrases
from eligibility_api.audit.report.reasons import Reason
from eligibility_api.audit.report.sections import sections
from eligibility_api.contract.consent_versions import Language
from eligibility_api.platform.errors import OperatorError
from tests.builders.audit_month import CLINIC, HOSPITAL, INSURER, PHARMACY, write_month
from tests.builders.database import Database
from tests.builders.golden import FOLDER, compare_text

pytestmark = pytest.mark.anyio

MAY = Period.parse("2026-05")
MADE_AT = datetime(2026, 6, 30, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def month(database: Database) -> Database:
    """A database with the records of May 2026."""
    assert asyncio.run(write_month(database.dsn("owner"))) > 100
    return database


@pytest.fixture(scope="module")
def figures(month: Database) -> Figures:
    return asyncio.run(read(month))


async def read(month: Database, period: Period = MAY, made_at: datetime = MADE_AT) -> Figures:
    return await read_figures(month.dsn("auditor"), period, lambda: made_at)


def test_accesses_are_counted_by_facility_and_reason(figures: Figures) -> None:
    counts = {
        code: {reason: number for reason, number in zip(REASONS, numbers, strict=True) if number}
        for code, numbers in figures.accesses.items()
    }
    assert counts == {
        CLINIC: {Reason.CARD: 21, Reason.VISUAL_CHECK: 1, Reason.CONSENT: 1, Reason.NUMBER: 29},
        HOSPITAL: {Reason.VISUAL_CHECK: 3, Reason.EMERGENCY: 2, Reason.DISASTER: 1},
        PHARMACY: {Reason.CARD: 1, Reason.NUMBER: 9, Reason.BATCH: 3, Reason.AGAIN: 1},
    }
    assert figures.refused_accesses == {CLINIC: 4, HOSPITAL: 1}
    assert sum(figures.accesses_by_day.values()) == sum(figures.by_reason.values()) == 72
    # The first and the last instant of the month in Japan belong to it, those just outside do not.
    assert {day.day for day in figures.accesses_by_day} >= {1, 31}
    assert figures.records == 101


def test_access_without_a_pin_is_counted_by_facility_reason_and_day(figures: Figures) -> None:
    assert figures.exceptional == {
        HOSPITAL: {"visual-check": 3, "emergency.permit": 1, "disaster.search": 1, "refused": 2},
        CLINIC: {"visual-check": 2},
    }
    assert figures.permits == {
        ("emergency.permit", "unconscious", "permitted"): 1,
        ("emergency.permit", "unconscious", "second-factor-refused"): 1,
        ("disaster.search", "", "answered"): 1,
    }
    by_day = {
        series: {day.day: n for day, n in days.items()} for series, days in figures.exceptional_by_day.items()
    }
    assert by_day == {"visual-check": {9: 4, 13: 1, 14: 1}, "without-consent": {13: 3}}


def test_a_look_up_needs_a_claim_of_the_same_facility_person_and_month(figures: Figures) -> None:
    """The claims of another facility, and of another month, do not count; look-ups that found nobody need none."""
    found = {code: (one.looked_up, one.without_claim) for code, one in figures.unclaimed.items()}
    assert found == {CLINIC: (25, 5), HOSPITAL: (3, 3), PHARMACY: (4, 4)}
    kinds = {kind: (one.looked_up, one.without_claim) for kind, one in figures.unclaimed_by_kind.items()}
    assert kinds == {
        "eligibility.card": (21, 1),
        "eligibility.visual-check": (3, 3),
        "eligibility.number": (5, 5),
        "eligibility.batch": (3, 3),
    }


def test_consents_and_withdrawals_are_counted_by_category(figures: Figures) -> None:
    assert (figures.given, figures.ends) == (2, {"1": 1, "2": 1})
    assert figures.consents == {
        ("medication", "pin"): 1, ("surgery", "pin"): 1, ("medication", "visual-check"): 1,
    }  # fmt: skip
    assert figures.withdrawn == {"medication": 2, "surgery": 1}


def test_refusals_are_counted_by_cause_also_those_that_one_record_counts(figures: Figures) -> None:
    assert figures.refusals == {
        ("before", "challenge-altered"): 254,
        ("before", "signature-invalid"): 7,
        ("used", "certificate-revoked"): 1,
        ("used", "certificate-expired"): 1,
        ("used", "consent-words-differ"): 1,
        ("sign-in", "assertion-invalid"): 1_000,
        ("sign-in", "assertion-used"): 1,
    }


def test_a_run_of_misses_goes_on_over_midnight(figures: Figures) -> None:
    [run] = figures.runs
    assert (run.misses, run.institution_code, figures.misses, figures.runs_found) == (12, CLINIC, 33, 1)
    assert (run.first.isoformat(), run.last.isoformat()) == (
        "2026-05-16T14:55:00+00:00",
        "2026-05-16T15:04:10+00:00",
    )


def test_the_receivers_of_wrong_values_are_those_of_the_correction_lists(figures: Figures) -> None:
    rows = [(row.kind, row.insurer_number, row.institution_code, row.answers) for row in figures.wrong]
    assert rows == [
        ("enrolment.correct", INSURER, CLINIC, 5),
        ("enrolment.file-undone", INSURER, PHARMACY, 3),
    ]


def test_reads_of_insurers_and_privileged_operations_are_listed(figures: Figures) -> None:
    assert figures.insurers == {(INSURER, "member.searched"): 3, (INSURER, "papers.read"): 1}
    assert [one.kind for one in figures.operations] == [
        "enrolment.file-undo", "disaster.opened", "admission.terminal", "operator.registered",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 7, 50])
async def test_the_size_of_a_page_changes_nothing(
    month: Database, figures: Figures, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(store, "PAGE", size)
    assert await read(month) == figures


async def test_a_part_of_the_month_has_its_records_only(month: Database) -> None:
    part = await read(month, Period.parse("2026-05-13..2026-05-15"))
    assert (part.given, part.ends.total(), part.refusals.total(), part.misses) == (2, 2, 1, 0)
    assert {day.day for day in part.accesses_by_day} == {13, 14, 15} & {
        day.day for day in part.accesses_by_day
    }


@pytest.mark.parametrize("language", Language)
async def test_a_period_without_records_has_a_note_in_each_section(
    month: Database, language: Language
) -> None:
    empty = await read(month, Period.parse("2024-02"))
    page, phrases = render_page(empty, Phrases(language)), Phrases(language)
    assert page.count(phrases("report.none")) == len(list(sections(empty, phrases)))
    assert "<svg" not in page
    assert phrases("report.none") in render_markdown(empty, phrases)


async def test_only_an_auditor_reads_records(month: Database) -> None:
    """The API's role reads those of its own transaction only, the job runner's not even these."""
    visible = await read_figures(month.dsn("api"), MAY, lambda: MADE_AT)
    assert (visible.records, visible.operations) == (0, [])
    jobs = await asyncpg.connect(month.dsn("jobs"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await jobs.fetch("SELECT kind FROM audit_record")
    finally:
        await jobs.close()


@pytest.mark.parametrize("language", Language)
def test_the_csv_file_is_the_golden_one(figures: Figures, language: Language) -> None:
    compare_text(
        FOLDER / "report" / f"2026-05-{language}.csv", "".join(render_csv(figures, Phrases(language)))
    )


def test_the_csv_file_has_the_same_keys_and_counts_in_both_languages(figures: Figures) -> None:
    files = [
        list(
            csv.DictReader(
                io.StringIO("".join(render_csv(figures, Phrases(language))).removeprefix("\ufeff"))
            )
        )
        for language in Language
    ]
    keys = [
        [(row["section"], row["date"], row["code"], row["item"], row["count"]) for row in file]
        for file in files
    ]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 80
    # A name that a spreadsheet would take for a formula begins with an apostrophe.
    assert {row["name"] for row in files[0] if row["code"] == PHARMACY} == {"'=見本薬局"}


class _Page(HTMLParser):
    """What a page consists of: its tags with attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("language", Language)
def test_the_page_is_strict_without_script_and_needs_nothing_from_elsewhere(
    figures: Figures, language: Language
) -> None:
    page = _Page(render_page(figures, Phrases(language)))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "input"}
    assert not [
        attrs for _, attrs in page.tags if any(name.startswith("on") or name == "style" for name in attrs)
    ]
    assert not [attrs for _, attrs in page.tags if not (attrs.get("href") or "#").startswith("#")]
    policies = [
        attrs["content"] or ""
        for tag, attrs in page.tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert [
        re.fullmatch(r"default-src 'none'; style-src 'sha256-[^']{44}'", one) is not None for one in policies
    ] == [True]
    assert ("html", {"lang": language}.items()) in [
        (tag, {"lang": attrs.get("lang")}.items()) for tag, attrs in page.tags
    ]


@pytest.mark.parametrize("language", Language)
def test_each_chart_has_a_title_a_sentence_and_a_table_with_its_values(
    figures: Figures, language: Language
) -> None:
    page = _Page(render_page(figures, Phrases(language)))
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    charts = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(charts) >= 7
    for chart in charts:
        assert set((chart["aria-labelledby"] or "").split()) <= ids
    found = list(sections(figures, Phrases(language)))
    assert all(section.tables for section in found)
    cells = {str(cell) for section in found for table in section.tables for row in table.rows for cell in row}
    bars = [
        row for section in found for picture in section.pictures if not picture.by_day for row in picture.rows
    ]
    assert bars
    assert {f"{value:.0f}" for _, value, _ in bars} <= cells


@pytest.mark.parametrize("language", Language)
def test_page_and_markdown_have_the_figures_of_each_section(figures: Figures, language: Language) -> None:
    phrases = Phrases(language)
    texts = _Page(render_page(figures, phrases)).texts
    page = " ".join(" ".join(texts).split())  # a day is an element of its own
    document = render_markdown(figures, phrases)
    for section in sections(figures, phrases):
        assert section.title in page
        assert section.title in document
        for table in section.tables:
            for row in table.rows:
                for cell in row:
                    text = f"{cell:,}" if isinstance(cell, int) else cell
                    assert text in page
    for text in ("1,000", "見本内科クリニック", "列の取り違え", "課長 見本 / ops"):
        assert text in document
    other = Phrases(Language.EN if language is Language.JA else Language.JA)
    assert other("accesses.title") not in page + document


def test_no_person_is_in_the_report(figures: Figures) -> None:
    texts = [render_page(figures, Phrases(Language.JA)), render_markdown(figures, Phrases(Language.JA))]
    texts.append("".join(render_csv(figures, Phrases(Language.JA))))
    for text in texts:
        assert not re.search("person_key|1980-01-01|ミホン", text)
        for version in (101, 102, 103):
            assert (bytes([version]) * 16).hex() not in text


@pytest.mark.parametrize(
    ("made_at", "provisional"), [(datetime(2026, 6, 3, tzinfo=UTC), True), (MADE_AT, False)]
)
async def test_look_ups_without_a_claim_are_provisional_until_the_claims_have_arrived(
    month: Database, made_at: datetime, provisional: bool
) -> None:
    early = await read(month, made_at=made_at)
    for language in Language:
        note = Phrases(language)("unclaimed.provisional")
        assert (note in render_page(early, Phrases(language))) is provisional
        assert (note in render_markdown(early, Phrases(language))) is provisional


async def test_a_period_that_is_not_over_has_a_note(month: Database) -> None:
    now = await read(month, made_at=datetime(2026, 5, 20, tzinfo=UTC))
    assert Phrases(Language.JA)("report.unfinished") in render_page(now, Phrases(Language.JA))


def test_the_files_are_their_owners_only(figures: Figures, tmp_path: Path) -> None:
    page = write(figures, Phrases(Language.JA), tmp_path / "new" / "report")
    assert page == tmp_path / "new" / "report" / "report.html"
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in page.parent.iterdir()}
    assert modes == dict.fromkeys(("report.html", "report.md", "report.csv"), 0o600)
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_is_an_operators_error(figures: Figures, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OperatorError, match="cannot be written"):
        write(figures, Phrases(Language.JA), tmp_path / "file" / "report")
