"""The report as one HTML page without script, in the visual language of the screens, for a browser and for A4."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from eligibility_api.audit.report.figures import MAX_LISTED, Figures
from eligibility_api.audit.report.phrases import TEXTS, Phrases
from eligibility_api.audit.report.sections import Cell, Table, local, sections
from screens.charts import bars, column_chart
from screens.rendering import Display, Renderer
from screens.web.assets import read_style

_HERE = Path(__file__).parent


class SummaryFigure(NamedTuple):
    """A figure of the summary, and the section that explains it."""

    section: str
    title: str
    value: str


def summary(figures: Figures, phrases: Phrases) -> list[SummaryFigure]:
    """The most important figures of the sections."""
    requested = figures.permits.total()
    visual = sum(counts["visual-check"] for counts in figures.exceptional.values())
    unclaimed = sum(one.without_claim for one in figures.unclaimed.values())
    values = (
        ("accesses", "accesses", sum(figures.by_reason.values())),
        ("exceptional", "without-consent", requested),
        ("exceptional", "visual", visual),
        ("unclaimed", "unclaimed", unclaimed),
        ("consents", "given", figures.given),
        ("consents", "ended", figures.ends.total()),
        ("refusals", "refusals", figures.refusals.total()),
        ("runs", "runs", figures.runs_found),
        ("wrong", "wrong", figures.wrong_found),
        ("insurers", "insurers", figures.insurers.total()),
        ("privileged", "privileged", figures.operations_by_kind.total()),
    )
    return [
        SummaryFigure(section, phrases(f"summary.{name}"), f"{value:,}") for section, name, value in values
    ]


def period_text(figures: Figures, phrases: Phrases) -> str:
    """The period in words."""
    return phrases("report.days", first=figures.period.first, last=figures.period.last)


def where(table: Table, phrases: Phrases) -> str:
    """Where the rows are that the page does not show."""
    if table.is_listed:
        return phrases("report.in-csv")
    return phrases("report.capped", limit=f"{MAX_LISTED:,}")


def render_page(figures: Figures, phrases: Phrases) -> str:
    """The page."""
    found = list(sections(figures, phrases))
    style = "\n".join(
        (read_style("tokens.css", "base.css", "components.css"), (_HERE / "report.css").read_text())
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    renderer = Renderer(TEXTS, _HERE / "templates", asset_url=str)
    return renderer.render(
        "report.html",
        Display(language=phrases.language),
        p=phrases,
        period=period_text(figures, phrases),
        made_at=local(figures.made_at, seconds=True),
        records=f"{figures.records:,}",
        unfinished=figures.made_at < figures.period.end,
        summary=summary(figures, phrases),
        sections=found,
        style=Markup(style),  # noqa: S704 - files of ours
        style_hash=f"sha256-{digest}",
        bars_of=bars,
        columns_of=column_chart,
        is_figure=_is_figure,
        where=lambda table: where(table, phrases),
    )


def _is_figure(cell: Cell) -> bool:
    """Whether a cell is a number or a share, which stand to the right."""
    return isinstance(cell, int) or cell.endswith("%")
