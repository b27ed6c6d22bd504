"""A run's report as files in a folder: `report.json`, and `report.html` for a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from loadtest.html_report import database_tables, series, tables
from loadtest.html_report.charts import Chart, draw
from loadtest.html_report.details import details
from loadtest.html_report.tables import Table
from loadtest.scenario.report import RushReport

PAGE, FIGURES = "report.html", "report.json"


def write(report: RushReport, folder: Path, at: datetime) -> None:
    """Make the folder and both files. `at`: when the run ended. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    told = report.as_json() | {"at": at.isoformat(timespec="seconds")} | details(report)
    (folder / FIGURES).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    (folder / PAGE).write_text(render(report, at), encoding="utf-8")


def render(report: RushReport, at: datetime) -> str:
    """The page."""
    templates = Environment(
        loader=PackageLoader("loadtest.html_report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template("report.html.j2").render(
        report=report,
        at=at,
        good=report.passed if report.parts else report.carried,
        figures=_figures(report),
        parts=[(part, tables.named("", part.figures)) for part in report.parts],
        charts=[(chart, Markup(draw(chart))) for chart in _charts(report) if chart.curves],  # noqa: S704 - ours
        tables=[table for table in _tables(report) if table.rows],
    )


def _figures(report: RushReport) -> list[tuple[str, str]]:
    """The few that are looked for first."""
    checks = report.seen.checks
    growth, others = report.memory_growth, report.other_cores
    return [
        ("照会（到着） / offered", f"{report.offered_per_s:,.1f} /s"),
        ("照会（回答） / achieved", f"{report.achieved_per_s:,.1f} /s"),
        ("要求 / requests", f"{report.requests_per_s:,.1f} /s"),
        *((f"p{share * 100:g}", f"{checks.percentile_ms(share):,.1f} ms") for share in (0.5, 0.99, 0.999)),
        ("エラー / errors", f"{report.seen.errors.total():,}"),
        ("誤答 / wrong answers", f"{report.wrong_answers:,} / {report.compared:,}"),
        ("負荷発生器が限界 / generator-bound", "はい / yes" if report.generator_bound else "いいえ / no"),
        ("ほかの仕事 / other work", "–" if others is None else f"{others:.2f} cores"),
        ("API のメモリー増加 / memory growth", "–" if growth is None else f"{growth:+.1%}"),
    ]


def _charts(report: RushReport) -> Iterator[Chart]:
    seen = series.stretches(report.seen.series)
    span = next(((part.title.split(" / ")[0], *part.span) for part in report.parts if part.span), None)
    yield Chart("応答時間 / Latency of checks", "ms", series.latencies(seen), logarithmic=True, span=span,
                note="到着予定の秒ごと / by the second of the intended start")  # fmt: skip
    yield Chart("件数 / Offered and achieved", "/s", series.rates(seen), span=span)
    yield Chart("エラー / Errors by code", "/s", series.errors(seen), span=span)
    if report.watched is None:
        return
    samples, began, waits = report.watched.samples, report.watched.began, report.watched.database.waits
    yield Chart("プロセスごとの CPU / CPU by process", "cores", series.processors(samples, began), span=span)
    yield Chart("機械全体の CPU / CPU of the machine", "%", series.host(samples, began), span=span)
    yield Chart("プロセスごとのメモリー / Memory by process", "MiB", series.memory(samples, began), span=span,
                note="共有でない分 / unshared")  # fmt: skip
    yield Chart("待機事象 / What active sessions wait for", "sessions", series.waits(waits, began), span=span)


def _tables(report: RushReport) -> Iterator[Table]:
    yield tables.requests(report)
    yield tables.errors(report)
    yield tables.generators(report)
    if report.watched is not None:
        yield tables.processes(report.watched.samples)
        yield from database_tables.tables(report.watched.database, report.seen.answered)
    yield tables.host_info(report)
