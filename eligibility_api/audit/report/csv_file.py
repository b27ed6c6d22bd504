"""The report as a CSV file: every row of every section, with the same keys in both languages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from eligibility_api.audit.report import details
from eligibility_api.audit.report.figures import REASONS, Figures
from eligibility_api.audit.report.phrases import Phrases
from eligibility_api.audit.report.sections import local
from eligibility_api.contract.codes import Category

COLUMNS = ("section", "title", "date", "code", "name", "item", "item_title", "count")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula."""

Values = tuple[str, str, str, str, str, int]
"""Date, code, name, item, title of the item, count."""


def render_csv(figures: Figures, phrases: Phrases) -> Iterator[str]:
    """The lines of the file, beginning with a byte order mark, by which spreadsheets know UTF-8."""
    yield "\ufeff" + _line(COLUMNS)
    for section, rows in (
        ("accesses", _accesses(figures, phrases)),
        ("accesses-by-day", _by_day(figures)),
        ("exceptional", _exceptional(figures, phrases)),
        ("permits", _permits(figures, phrases)),
        ("unclaimed", _unclaimed(figures)),
        ("unclaimed-by-kind", _unclaimed_by_kind(figures, phrases)),
        ("consents", _consents(figures, phrases)),
        ("consent-ends", _ends(figures, phrases)),
        ("refusals", _refusals(figures, phrases)),
        ("runs", _runs(figures, phrases)),
        ("wrong", _wrong(figures, phrases)),
        ("insurers", _insurers(figures, phrases)),
        ("privileged", _privileged(figures, phrases)),
    ):
        title = phrases(f"{_SECTION.get(section, section)}.title")
        for row in rows:
            yield _line((section, title, *row))


_SECTION = {
    "accesses-by-day": "accesses",
    "permits": "exceptional",
    "unclaimed-by-kind": "unclaimed",
    "consent-ends": "consents",
}
"""The section of the page, where rows of the file have another name."""


def _line(cells: tuple[str | int, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(
        f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells
    )
    return out.getvalue()


def _accesses(figures: Figures, p: Phrases) -> Iterator[Values]:
    for code in figures.busiest():
        for reason, number in zip(REASONS, figures.accesses[code], strict=True):
            if number:
                yield "", code, figures.names.get(code, ""), reason, p(f"reason.{reason}"), number
    for code, number in sorted(figures.refused_accesses.items()):
        yield "", code, figures.names.get(code, ""), "refused", p("column.refused"), number


def _by_day(figures: Figures) -> Iterator[Values]:
    for day in figures.period.days:
        yield day.isoformat(), "", "", "", "", figures.accesses_by_day[day]


def _exceptional(figures: Figures, p: Phrases) -> Iterator[Values]:
    titles = {"visual-check": p("column.visual"), "refused": p("column.refused")}
    for code, counts in sorted(figures.exceptional.items()):
        for item, number in sorted(counts.items()):
            yield "", code, figures.names.get(code, ""), item, titles.get(item) or p.kind(item), number


def _permits(figures: Figures, p: Phrases) -> Iterator[Values]:
    for (kind, reason, outcome), number in sorted(figures.permits.items()):
        title = f"{p.kind(kind)} {p.of('emergency', reason)} {p.outcome(outcome)}"
        yield "", "", "", " ".join(part for part in (kind, reason, outcome) if part), title, number


def _unclaimed(figures: Figures) -> Iterator[Values]:
    for code, one in sorted(figures.unclaimed.items()):
        name = figures.names.get(code, "")
        yield "", code, name, "looked-up", "", one.looked_up
        yield "", code, name, "without-claim", "", one.without_claim


def _unclaimed_by_kind(figures: Figures, p: Phrases) -> Iterator[Values]:
    for kind, one in sorted(figures.unclaimed_by_kind.items()):
        yield "", "", "", f"{kind} looked-up", p.kind(kind), one.looked_up
        yield "", "", "", f"{kind} without-claim", p.kind(kind), one.without_claim


def _consents(figures: Figures, p: Phrases) -> Iterator[Values]:
    for (category, basis), number in sorted(figures.consents.items()):
        yield "", "", "", f"{category} {basis}", p.category(Category(category)), number
    for category, number in sorted(figures.withdrawn.items()):
        yield "", "", "", f"{category} withdrawn", p.category(Category(category)), number


def _ends(figures: Figures, p: Phrases) -> Iterator[Values]:
    for reason, number in sorted(figures.ends.items()):
        yield "", "", "", reason, p.of("end", reason), number


def _refusals(figures: Figures, p: Phrases) -> Iterator[Values]:
    for (point, cause), number in sorted(figures.refusals.items()):
        yield "", "", "", f"{point} {cause}", p.cause(cause), number


def _runs(figures: Figures, p: Phrases) -> Iterator[Values]:
    for run in sorted(figures.runs, key=lambda one: (one.first, one.client_id)):
        code = run.institution_code or ""
        item = f"{run.kind} {run.client_id}"
        yield (
            local(run.first, seconds=True),
            code,
            figures.names.get(code, ""),
            item,
            p.kind(run.kind),
            run.misses,
        )


def _wrong(figures: Figures, p: Phrases) -> Iterator[Values]:
    for row in figures.wrong:
        item = f"{row.kind} {row.insurer_number} {row.record_id}"
        at = local(row.recorded_at, seconds=True)
        yield at, row.institution_code, row.institution_name, item, p.kind(row.kind), row.answers


def _insurers(figures: Figures, p: Phrases) -> Iterator[Values]:
    for (number, kind), count in sorted(figures.insurers.items()):
        yield "", number, figures.names.get(number, ""), kind, p.kind(kind), count


def _privileged(figures: Figures, p: Phrases) -> Iterator[Values]:
    for one in figures.operations:
        subject = f"{details.subject(one)} {details.content(one, p)}".strip()
        at = local(one.recorded_at, seconds=True)
        yield at, details.who(one), subject, f"{one.kind} {one.record_id}", p.kind(one.kind), 1
