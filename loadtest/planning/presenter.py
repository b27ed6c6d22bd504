"""Prints a plan on the console: tables first, then every step of the arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from loadtest.planning.arithmetic import Step
from loadtest.planning.costs import API, BACKGROUND, BUSY, DATABASE, DOWN, STORED, UP, WAL
from loadtest.planning.prediction import compare
from loadtest.planning.report import NOT_INCLUDED, PlanReport
from loadtest.planning.requirements import Requirement, retained_tables
from loadtest.sections import Text

_COLUMNS = {
    "API µs": (API, 1e6),
    "DB µs": (DATABASE, 1e6),
    "background µs": (BACKGROUND, 1e6),
    "session µs": (BUSY, 1e6),
    "log B": (WAL, 1.0),
    "in B": (UP, 1.0),
    "out B": (DOWN, 1.0),
    "nonce B": (f"{STORED}used_nonce", 1.0),
}
"""The quantity and its factor by column; the last column is the sum of all retained tables."""

_BOX = box.SIMPLE_HEAD


def show(console: Console, report: PlanReport) -> None:
    """Print costs, requirements, arithmetic and the verdict."""
    console.print(_costs(report))
    console.print(_requirements(report))
    for requirement in report.requirements:
        _print_requirement(console, requirement, report.deployment.max_connections)
    for data in report.retained:
        title = Text(f"5年分の保存データ（{data.meaning.ja}）", f"Five years, {data.meaning.en}")
        _print_arithmetic(console, title, data.steps)
    _print_arithmetic(console, Text("その他の保存データ", "Other storage"), report.storage)
    console.print("\n含まれないもの / Not included", style="bold", highlight=False)
    for sentence in NOT_INCLUDED:
        console.print(f"  {sentence}", highlight=False)
    console.print()
    for comparison in compare(report.costs, report.validation):
        console.print(comparison.sentence, highlight=False)
    console.print(
        f"参照モデルとの照合：{report.compared:,} 件\n{report.compared:,} answers compared with the reference model",
        highlight=False,
    )
    style = "bold green" if report.passed else "bold red"
    console.print(f"{report.verdict.ja}\n{report.verdict.en}", style=style)


def _costs(report: PlanReport) -> Table:
    """The cost of one request by kind, and of an idle second."""
    title = "1リクエストあたりのコスト / Cost of one request"
    table = Table("", title=title, box=_BOX, padding=0)
    tables = [f"{STORED}{name}" for name in retained_tables(report.costs)]
    for heading in (*_COLUMNS, "retained B"):
        table.add_column(heading, justify="right")
    for kind, amounts in {**report.costs.of, "idle, a second": report.costs.idle}.items():
        cells = [amounts.get(name, 0.0) * factor for name, factor in _COLUMNS.values()]
        cells.append(sum(amounts.get(name, 0.0) for name in tables))
        table.add_row(kind, *(f"{cell:,.0f}" if cell else "" for cell in cells))
    return table


def _requirements(report: PlanReport) -> Table:
    table = Table("", title="必要なリソース / Resources required", box=_BOX, padding=0)
    headings = (
        "requests/s", "cores", "workers", "GiB", "connections", "in Mbit/s", "out Mbit/s", "log Mbit/s", "stored GB",
    )  # fmt: skip
    for heading in headings:
        table.add_column(heading, justify="right")
    for one in report.requirements:
        table.add_row(
            one.demand.name, f"{one.demand.requests_per_s:,.0f}", f"{one.cores:,}", f"{one.workers:,}",
            f"{one.memory_gib:,.1f}", f"{one.connections:,}", f"{one.from_facilities_mbit_s:,.1f}",
            f"{one.to_facilities_mbit_s:,.1f}", f"{one.log_mbit_s:,.1f}", f"{one.stored_gb:,.2f}",
        )  # fmt: skip
    return table


def _print_requirement(console: Console, requirement: Requirement, max_connections: int) -> None:
    demand = requirement.demand
    title = Text(f"{demand.name}：{demand.meaning.ja}", f"{demand.name}: {demand.meaning.en}")
    _print_arithmetic(console, title, [*demand.steps, *requirement.steps])
    console.print(f"  (costs in the order: {', '.join(demand.rates)})", highlight=False)
    if requirement.connections > max_connections:
        console.print(
            f"  This server's max_connections is {max_connections}: it must be at least {requirement.connections}.",
            highlight=False,
        )


def _print_arithmetic(console: Console, title: Text, steps: Sequence[Step]) -> None:
    console.print(f"\n{title.ja}\n{title.en}", style="bold", highlight=False, markup=False)
    for step in steps:
        console.print(f"  {step.sentence}", highlight=False, markup=False)
