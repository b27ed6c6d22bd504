"""A plan on the console: the tables first, then every step of the arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from loadtest.planning.arithmetic import Line
from loadtest.planning.costs import API, BESIDE, BUSY, DATABASE, DOWN, STORED, UP, WAL
from loadtest.planning.prediction import compare
from loadtest.planning.report import LEFT_OUT, PlanReport
from loadtest.planning.requirements import Need, kept

_COLUMNS = {
    "API µs": (API, 1e6),
    "DB µs": (DATABASE, 1e6),
    "beside µs": (BESIDE, 1e6),
    "session µs": (BUSY, 1e6),
    "log B": (WAL, 1.0),
    "in B": (UP, 1.0),
    "out B": (DOWN, 1.0),
    "spent B": (f"{STORED}spent", 1.0),
}
"""What is counted with which factor; behind these, all that is kept for years together."""

_BOX = box.SIMPLE_HEAD


def show(console: Console, report: PlanReport) -> None:
    """Print costs, needs, arithmetic and the verdict."""
    console.print(_costs(report))
    console.print(_needs(report))
    for need in report.needs:
        _need(console, need, report.house.max_connections)
    for years in report.kept:
        _arithmetic(console, f"五年分 / Five years, {years.meaning}", years.lines)
    _arithmetic(console, "その他 / Beside that", report.storage)
    console.print("\n含まれないもの / Not in it", style="bold", highlight=False)
    for sentence in LEFT_OUT:
        console.print(f"  {sentence}", highlight=False)
    console.print()
    for one in compare(report.costs, report.second):
        console.print(one.sentence, highlight=False)
    console.print(f"{report.compared:,} answers compared with the naive model", highlight=False)
    console.print(report.verdict, style="bold green" if report.passed else "bold red")


def _costs(report: PlanReport) -> Table:
    """Of one request of a kind, and of a second in which nobody asks."""
    table = Table("", title="一件の費用 / What one request costs", box=_BOX, padding=0)
    tables = [f"{STORED}{name}" for name in kept(report.costs)]
    for title in (*_COLUMNS, "kept B"):
        table.add_column(title, justify="right")
    for kind, amounts in {**report.costs.of, "idle, a second": report.costs.idle}.items():
        cells = [amounts.get(name, 0.0) * factor for name, factor in _COLUMNS.values()]
        cells.append(sum(amounts.get(name, 0.0) for name in tables))
        table.add_row(kind, *(f"{cell:,.0f}" if cell else "" for cell in cells))
    return table


def _needs(report: PlanReport) -> Table:
    table = Table("", title="必要なもの / What a level needs", box=_BOX, padding=0)
    titles = (
        "requests/s", "cores", "workers", "GiB", "connections", "in Mbit/s", "out Mbit/s", "log Mbit/s", "stored GB",
    )  # fmt: skip
    for title in titles:
        table.add_column(title, justify="right")
    for one in report.needs:
        table.add_row(
            one.demand.name, f"{one.demand.requests_per_s:,.0f}", f"{one.cores:,}", f"{one.workers:,}",
            f"{one.memory_gib:,.1f}", f"{one.connections:,}", f"{one.from_facilities_mbit_s:,.1f}",
            f"{one.to_facilities_mbit_s:,.1f}", f"{one.log_mbit_s:,.1f}", f"{one.stored_gb:,.2f}",
        )  # fmt: skip
    return table


def _need(console: Console, need: Need, max_connections: int) -> None:
    _arithmetic(console, f"{need.demand.name}: {need.demand.meaning}", [*need.demand.lines, *need.lines])
    console.print(f"  (costs in the order: {', '.join(need.demand.rates)})", highlight=False)
    if need.connections > max_connections:
        console.print(
            f"  This server's max_connections is {max_connections}: it has to be {need.connections} at least.",
            highlight=False,
        )


def _arithmetic(console: Console, title: str, lines: Sequence[Line]) -> None:
    console.print(f"\n{title}", style="bold", highlight=False, markup=False)
    for line in lines:
        console.print(f"  {line.sentence}", highlight=False, markup=False)
