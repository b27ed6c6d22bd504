"""The tables of a run's page: titles in Japanese and English, cells as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from loadtest.machine.sampling import Sample
from loadtest.scenario.histogram import percentiles
from loadtest.scenario.report import RushReport

_CHECKS = "照会（到着予定から） / check, from its intended start"


@dataclass(frozen=True, slots=True)
class Table:
    """Its first column names the row; the others are numbers where they are not said to be `text`."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    text: bool = False


def requests(report: RushReport) -> Table:
    """Latencies by kind of request, and of the check as a whole."""
    times = dict(sorted(report.seen.requests.items())) | {_CHECKS: report.seen.checks}
    every = sum(one.count for one in report.seen.requests.values())
    rows = [
        [
            name, f"{one.count:,}", "" if name == _CHECKS or not every else f"{one.count / every:.1%}",
            *(f"{ms:,.1f}" for ms in percentiles(one).values()),
        ]
        for name, one in times.items()
    ]  # fmt: skip
    columns = ("", "件数 / count", "割合 / share", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "最大 / max ms")
    return Table("要求ごとの応答時間 / Latency by request", columns, rows)


def errors(report: RushReport) -> Table:
    """Errors by code, and how many of them something explains; wrong answers by what was wrong."""
    explained = report.explained
    rows = [
        [code, f"{count:,}", f"{min(count, explained.get(code, 0)):,}"]
        for code, count in report.errors.items()
    ]
    rows += [[f"誤答 / wrong: {fault}", f"{count:,}", "0"] for fault, count in report.wrong.items()]
    columns = ("", "件数 / count", "うち説明のつくもの / explained")
    return Table("エラーと誤答 / Errors and wrong answers", columns, rows)


def generators(report: RushReport) -> Table:
    """What each generator took of its core."""
    rows = [
        [
            f"{number}", f"{effort.cores:.2f}", f"{effort.memory_mib:,.0f}", f"{effort.connections:,}",
            f"{effort.seconds:,.1f}",
        ]
        for number, effort in enumerate(report.efforts, 1)
    ]  # fmt: skip
    columns = ("", "コア / cores", "MiB", "同時接続 / connections", "秒 / s")
    lag = report.seen.lags.percentile_ms(0.99)
    note = f"開始の遅れ p99 / visits began late by, p99: {lag:,.1f} ms"
    return Table("負荷発生器 / Generators", columns, rows, note)


def processes(samples: Sequence[Sample]) -> Table:
    """Cores and memory of each process over the run."""
    rows = []
    for name in sorted({name for sample in samples for name in sample.processes}):
        seen = [sample.processes[name] for sample in samples if name in sample.processes]
        memory = [usage.memory_mib for usage in seen]
        rows.append(
            [
                name, f"{mean(usage.cores for usage in seen):.2f}", f"{max(usage.cores for usage in seen):.2f}",
                f"{memory[0]:,.0f}", f"{memory[-1]:,.0f}", f"{max(memory):,.0f}",
            ]
        )  # fmt: skip
    columns = (
        "", "コア平均 / cores, mean", "最大 / max", "メモリー初め / memory first, MiB", "終わり / last", "最大 / max",
    )  # fmt: skip
    return Table("プロセス / Processes", columns, rows, "共有でないメモリー / unshared memory")


def host_info(report: RushReport) -> Table:
    """What the figures have to be quoted with."""
    values: dict[str, Any] = {}
    if told := report.host_info:
        values |= {
            "コマンド / command": told.command,
            "コミット / commit": told.commit or None,
            "コア / cores": told.cores,
            "プロセッサー / processor": told.processor,
            "メモリー / memory, GiB": told.memory_gib,
            "カーネル / kernel": told.kernel,
            "Python": told.python,
        }
    if report.watched and (after := report.watched.database.after):
        values["PostgreSQL"] = after.server
    sizes = {f"規模 / size: {name}": count for name, count in report.size.items()}
    return named("条件 / Circumstances", values | sizes)


def named(title: str, values: Mapping[str, Any], note: str = "") -> Table:
    """Names and values; what is nested is named by its path."""
    rows = [[name, value] for name, value in _flat(values)]
    return Table(title, ("", ""), rows, note, text=True)


def _flat(values: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{path}{name}", ", ".join(map(_text, value)) or "–"
        else:
            yield f"{path}{name}", _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "はい / yes" if value else "いいえ / no"
    if isinstance(value, int | float):
        return f"{value:,.6g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)
