"""Prints a soak's report on the console."""

from __future__ import annotations

from rich.console import Console

from loadtest.soak.run import SoakReport

_STYLES = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("–", "yellow")}


def show(console: Console, report: SoakReport) -> None:
    """Print the phases that were not as expected, every criterion, and the verdict."""
    for number, result in enumerate(report.results, 1):
        if not result.met:
            console.print(f"✗ {number}: {result.fault}", style="bold red", markup=False)
            console.print(f"  {result.verdict.ja}\n  {result.verdict.en}", markup=False, highlight=False)
    for one in report.judgements:
        mark, style = _STYLES[one.met]
        console.print(f"{mark} {one.name}", style=style, markup=False, highlight=False)
        console.print(f"  {one.sentence.ja}\n  {one.sentence.en}", markup=False, highlight=False)
    style = "bold green" if report.passed else "bold red"
    console.print(f"{report.verdict.ja}\n{report.verdict.en}", style=style, markup=False, highlight=False)
