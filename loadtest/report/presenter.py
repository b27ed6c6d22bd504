"""Prints a run's report on the console."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from loadtest.report.report import RunReport
from loadtest.scenario.histogram import percentiles

_MIN_OTHER_CORES = 0.1
"""Cores kept busy by other processes from which they are reported."""


def show(console: Console, report: RunReport) -> None:
    """Print latencies, errors, sections, processes and the verdict."""
    console.print(_latencies(report))
    for code, count in report.errors.items():
        explained = f", {report.explained[code]:,} of them explained" if report.explained[code] else ""
        console.print(f"{count} × {code}{explained}", style="red", markup=False)
    for fault, count in report.wrong.items():
        console.print(f"{count} wrong: {fault}", style="red", markup=False)
    for section in report.sections:
        console.print(str(section.title), style="bold", markup=False)
        for sentence in section.sentences:
            style = "" if section.met else "red"
            console.print(f"  {sentence.ja}\n  {sentence.en}", style=style, markup=False, highlight=False)
    _show_processes(console, report)
    console.print(
        f"{report.compared:,} answers compared with the reference model,"
        f" {report.stats.histories_compared:,} histories with the run's own entries",
        highlight=False,
    )
    style = "bold green" if report.good else "bold red"
    console.print(f"{report.verdict.ja}\n{report.verdict.en}", style=style, markup=False)
    if report.capacity:
        sentence = report.capacity.sentence
        console.print(f"{sentence.ja}\n{sentence.en}", style="bold", highlight=False)


def _show_processes(console: Console, report: RunReport) -> None:
    for kind in report.cpu.cpu:
        cores, memory = report.cores(kind), report.memory.get(kind, 0.0)
        console.print(f"{kind}: {cores:.2f} cores, {memory:,.0f} MiB", highlight=False)
    if (growth := report.memory_growth) is not None:
        console.print(f"memory of the API's workers grew by {growth:.1%}", highlight=False)
    if shares := report.shares:
        listed = ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items())
        console.print(f"processor time of this run: {listed}", highlight=False)
    if (others := report.other_cores) is not None and others >= _MIN_OTHER_CORES:
        note = f"other processes of this machine kept {others:.2f} cores busy: the run had the rest"
        console.print(note, style="yellow", highlight=False)


def _latencies(report: RunReport) -> Table:
    table = Table("")
    for title in ("count", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"):
        table.add_column(title, justify="right")
    rows = {
        **dict(sorted(report.stats.requests.items())),
        "check, from its scheduled time": report.stats.checks,
    }
    for name, latencies in rows.items():
        table.add_row(name, f"{latencies.count:,}", *(f"{ms:,.1f}" for ms in percentiles(latencies).values()))
    return table
