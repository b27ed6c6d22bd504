"""A run's report in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from loadtest.scenario.histogram import percentiles
from loadtest.scenario.report import RushReport

_NOTABLE = 0.1
"""Cores of others from which on they are spoken of."""


def show(console: Console, report: RushReport) -> None:
    """Print latencies, errors, parts, processes and the verdict."""
    console.print(_latencies(report))
    for code, count in report.errors.items():
        explained = f", {report.explained[code]:,} of them explained" if report.explained[code] else ""
        console.print(f"{count} × {code}{explained}", style="red", markup=False)
    for fault, count in report.wrong.items():
        console.print(f"{count} wrong: {fault}", style="red", markup=False)
    for part in report.parts:
        console.print(part.title, style="bold", markup=False)
        for sentence in part.sentences:
            console.print(f"  {sentence}", style="" if part.held else "red", markup=False, highlight=False)
    for kind in report.spent.cpu:
        cores, memory = report.cores(kind), report.memory.get(kind, 0.0)
        console.print(f"{kind}: {cores:.2f} cores, {memory:,.0f} MiB", highlight=False)
    if (growth := report.memory_growth) is not None:
        console.print(f"memory of the API's workers grew by {growth:.1%}", highlight=False)
    if (others := report.other_cores) is not None and others >= _NOTABLE:
        told = f"other processes of this machine kept {others:.2f} cores busy: the run had the rest"
        console.print(told, style="yellow", highlight=False)
    console.print(
        f"{report.compared:,} answers compared with the naive model, {report.seen.looks:,} looks with what was told",
        highlight=False,
    )
    good = report.passed if report.parts else report.carried
    console.print(report.verdict, style="bold green" if good else "bold red", markup=False)
    if report.capacity:
        console.print(report.capacity.sentence, style="bold", highlight=False)


def _latencies(report: RushReport) -> Table:
    table = Table("")
    for title in ("count", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"):
        table.add_column(title, justify="right")
    rows = {
        **dict(sorted(report.seen.requests.items())),
        "check, from its intended start": report.seen.checks,
    }
    for name, times in rows.items():
        table.add_row(name, f"{times.count:,}", *(f"{ms:,.1f}" for ms in percentiles(times).values()))
    return table
