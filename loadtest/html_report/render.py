"""Writes a run's report into a folder: `report.html` for a browser, and `report.json` with every second."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from loadtest.html_report import database_tables, series, tables
from loadtest.html_report.charts import Chart, draw
from loadtest.html_report.tables import Table
from loadtest.machine.sampling import Sample
from loadtest.monitor import Observations
from loadtest.report.report import RunReport
from loadtest.scenario.run_stats import SecondStats

PAGE, FIGURES = "report.html", "report.json"


def write(report: RunReport, folder: Path, at: datetime) -> None:
    """Create the folder and both files. `at`: the end of the run. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = report.as_json() | {"at": at.isoformat(timespec="seconds")} | details(report)
    (folder / FIGURES).write_text(json.dumps(figures, ensure_ascii=False), encoding="utf-8")
    (folder / PAGE).write_text(render(report, at), encoding="utf-8")


def render(report: RunReport, at: datetime) -> str:
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
        figures=_figures(report),
        sections=[(section, tables.named("", section.figures)) for section in report.sections],
        charts=[(chart, draw(chart)) for chart in _charts(report) if chart.lines],
        tables=[table for table in _tables(report) if table.rows],
    )


def _figures(report: RunReport) -> list[tuple[str, str]]:
    """The most important figures."""
    checks = report.stats.checks
    growth, others = report.memory_growth, report.other_cores
    return [
        ("照会（到着） / offered", f"{report.offered_per_s:,.1f} /s"),
        ("照会（回答） / achieved", f"{report.achieved_per_s:,.1f} /s"),
        ("リクエスト / requests", f"{report.requests_per_s:,.1f} /s"),
        *((f"p{share * 100:g}", f"{checks.percentile_ms(share):,.1f} ms") for share in (0.5, 0.99, 0.999)),
        ("エラー / errors", f"{report.stats.errors.total():,}"),
        ("誤答 / wrong answers", f"{report.wrong_answers:,} / {report.compared:,}"),
        ("負荷発生器が限界 / generator-bound", "はい / yes" if report.generator_bound else "いいえ / no"),
        ("他の処理の CPU / other processes", "–" if others is None else f"{others:.2f} cores"),
        ("API のメモリー増加 / memory growth", "–" if growth is None else f"{growth:+.1%}"),
    ]


def _charts(report: RunReport) -> Iterator[Chart]:
    run = series.intervals(report.stats.series)
    span = next(((section.title.ja, *section.span) for section in report.sections if section.span), None)
    yield Chart("応答時間 / Latency of checks", "ms", series.latencies(run), logarithmic=True, span=span,
                note="開始予定時刻の秒ごと / by the second of the scheduled time")  # fmt: skip
    yield Chart("スループット / Throughput", "/s", series.rates(run), span=span)
    yield Chart("エラー / Errors by code", "/s", series.errors(run), span=span)
    if report.observations is None:
        return
    samples, began = report.observations.samples, report.observations.began
    waits = report.observations.database.waits
    yield Chart("プロセスごとの CPU / CPU by process", "cores", series.processors(samples, began), span=span)
    yield Chart("マシン全体の CPU / CPU of the machine", "%", series.host(samples, began), span=span,
                maximum=100.0)  # fmt: skip
    yield Chart("プロセスごとのメモリー / Memory by process", "MiB", series.memory(samples, began), span=span,
                note="非共有分 / unshared")  # fmt: skip
    yield Chart(
        "待機イベント / Wait events of active sessions", "mean", series.waits(waits, began), span=span
    )


def _tables(report: RunReport) -> Iterator[Table]:
    yield tables.requests(report)
    yield tables.errors(report)
    yield tables.generators(report)
    if report.observations is not None:
        yield tables.processes(report.observations.samples)
        yield from database_tables.tables(report.observations.database, report.stats.answered)
    yield tables.host_info(report)


def details(report: RunReport) -> dict[str, Any]:
    """What the JSON file contains beyond the printed object: every second, sample, and database view."""
    result: dict[str, Any] = {"by_second": [_second(one) for one in report.stats.series]}
    if report.observations is not None:
        began = report.observations.began
        result["machine"] = [_sample(sample, began) for sample in report.observations.samples]
        result["database"] = _database(report.observations)
    return result


def _second(one: SecondStats) -> dict[str, Any]:
    return {
        "offered": one.offered,
        "answered": one.answered,
        "requests": one.requests,
        "errors": dict(one.errors),
        "p50_ms": round(one.checks.percentile_ms(0.5), 2),
        "p99_ms": round(one.checks.percentile_ms(0.99), 2),
    }


def _sample(sample: Sample, began: float) -> dict[str, Any]:
    return {
        "at_s": round(sample.at - began, 2),
        "idle": round(sample.idle, 3),
        "steal": round(sample.steal, 3),
        "other_cores": round(sample.others, 3),
        "processes": {
            name: {"cores": round(usage.cores, 3), "memory_mib": round(usage.memory_mib, 1)}
            for name, usage in sample.processes.items()
        },
    }


def _database(observations: Observations) -> dict[str, Any] | None:
    monitor = observations.database
    delta = monitor.delta
    if delta is None or monitor.after is None:
        return None
    return {
        "server": monitor.after.server,
        "sees_all_sessions": monitor.after.sees_all,
        "counters_reset": delta.counters_reset,
        "statistics": {view: dict(rows) for view, rows in delta.rows.items()},
        "sessions_mean": monitor.waits.means() if monitor.waits.count else {},
        "samples": monitor.waits.count,
        "samples_failed": monitor.failed_samples,
    }
