"""The report as Markdown: the tables of the page, without its charts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from eligibility_api.audit.report.figures import Figures
from eligibility_api.audit.report.page import period_text, summary, where
from eligibility_api.audit.report.phrases import Phrases
from eligibility_api.audit.report.sections import Cell, Table, local, sections

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~])")


def render_markdown(figures: Figures, phrases: Phrases) -> str:
    """The document."""
    return "\n".join(_lines(figures, phrases)) + "\n"


def _lines(figures: Figures, p: Phrases) -> Iterator[str]:
    found = list(sections(figures, p))
    yield f"# {p('report.title')}"
    yield ""
    yield f"- {p('report.period')}: {period_text(figures, p)}"
    yield f"- {p('report.made')}: {local(figures.made_at, seconds=True)}"
    yield f"- {p('report.records')}: {figures.records:,}"
    yield f"\n{p('report.source')}"
    if figures.made_at < figures.period.end:
        yield f"\n**{p('report.unfinished')}**"
    yield f"\n## {p('report.summary')}\n"
    yield from (f"- {figure.title}: {figure.value}" for figure in summary(figures, p))
    for number, section in enumerate(found, 1):
        yield f"\n## {number}. {section.title}\n\n{section.lead}"
        yield from (f"\n> {note}" for note in section.notes)
        if section.is_empty:
            yield f"\n{p('report.none')}"
        for table in section.tables:
            if table.rows:
                yield from _table(table, p)


def _table(table: Table, p: Phrases) -> Iterator[str]:
    if table.title:
        yield f"\n### {table.title}"
    yield ""
    yield _row(table.columns)
    yield (
        "|"
        + "|".join("---:" if isinstance(cell, int) or cell.endswith("%") else "---" for cell in table.rows[0])
        + "|"
    )
    yield from map(_row, table.rows)
    if table.total:
        shown = {"shown": len(table.rows), "total": f"{table.total:,}", "where": where(table, p)}
        yield f"\n{p('report.shown', **shown)}"


def _row(cells: tuple[Cell, ...]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(cell: Cell) -> str:
    """A cell; characters that mean something in Markdown or HTML are taken literally."""
    return f"{cell:,}" if isinstance(cell, int) else _SPECIAL.sub(r"\\\1", escape(cell, quote=False))
