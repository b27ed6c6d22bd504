"""The page's tables about the run: titles in Japanese and English, cells as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from loadtest.machine.sampling import Sample
from loadtest.report.report import RunReport
from loadtest.scenario.histogram import percentiles

_CHECKS = "照会（開始予定時刻から） / check, from its scheduled time"


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row. The other columns are numbers unless `text`."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    text: bool = False


def requests(report: RunReport) -> Table:
    """Latencies by kind of request, and of the check as a whole."""
    histograms = dict(sorted(report.stats.requests.items())) | {_CHECKS: report.stats.checks}
    total = sum(one.count for one in report.stats.requests.values())
    rows = [
        [
            name, f"{one.count:,}", "" if name == _CHECKS or not total else f"{one.count / total:.1%}",
            *(f"{ms:,.1f}" for ms in percentiles(one).values()),
        ]
        for name, one in histograms.items()
    ]  # fmt: skip
    columns = ("", "件数 / count", "割合 / share", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "最大 / max ms")
    return Table("リクエストごとの応答時間 / Latency by request", columns, rows)


def errors(report: RunReport) -> Table:
    """Errors by code, with the number of explained ones, and wrong answers by fault."""
    explained = report.explained
    rows = [
        [code, f"{count:,}", f"{min(count, explained.get(code, 0)):,}"]
        for code, count in report.errors.items()
    ]
    rows += [[f"誤答 / wrong: {fault}", f"{count:,}", "0"] for fault, count in report.wrong.items()]
    columns = ("", "件数 / count", "うち想定内 / explained")
    return Table("エラーと誤答 / Errors and wrong answers", columns, rows)


def generators(report: RunReport) -> Table:
    """Resources that each generator used."""
    rows = [
        [
            f"{number}", f"{usage.cores:.2f}", f"{usage.memory_mib:,.0f}", f"{usage.connections:,}",
            f"{usage.seconds:,.1f}",
        ]
        for number, usage in enumerate(report.usages, 1)
    ]  # fmt: skip
    columns = ("", "コア / cores", "MiB", "同時接続 / connections", "秒 / s")
    delay = report.stats.start_delays.percentile_ms(0.99)
    note = f"開始の遅れ p99 / start delay, p99: {delay:,.1f} ms"
    return Table("負荷発生器 / Generators", columns, rows, note)


def processes(samples: Sequence[Sample]) -> Table:
    """Cores and memory of each process over the run."""
    rows = []
    for name in sorted({name for sample in samples for name in sample.processes}):
        usages = [sample.processes[name] for sample in samples if name in sample.processes]
        memory = [usage.memory_mib for usage in usages]
        rows.append(
            [
                name, f"{mean(usage.cores for usage in usages):.2f}", f"{max(usage.cores for usage in usages):.2f}",
                f"{memory[0]:,.0f}", f"{memory[-1]:,.0f}", f"{max(memory):,.0f}",
            ]
        )  # fmt: skip
    columns = (
        "", "コア平均 / cores, mean", "最大 / max", "メモリー開始時 / memory at start, MiB", "終了時 / at end", "最大 / max",
    )  # fmt: skip
    return Table("プロセス / Processes", columns, rows, "メモリーは非共有分 / unshared memory")


def host_info(report: RunReport) -> Table:
    """The conditions that must be quoted with the figures."""
    values: dict[str, Any] = {}
    if info := report.host_info:
        values |= {
            "コマンド / command": info.command,
            "コミット / commit": info.commit or None,
            "コア / cores": info.cores,
            "プロセッサー / processor": info.processor,
            "メモリー / memory, GiB": info.memory_gib,
            "カーネル / kernel": info.kernel,
            "Python": info.python,
        }
    if report.observations and (after := report.observations.database.after):
        values["PostgreSQL"] = after.server
    sizes = {f"規模 / size: {name}": count for name, count in report.size.items()}
    return named("条件 / Conditions", values | sizes)


def named(title: str, values: Mapping[str, Any], note: str = "") -> Table:
    """A table of names and values; nested values are named by their path."""
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
