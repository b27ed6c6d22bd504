"""Prints the curve, and whether it is as expected."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from loadtest.overload.curve import (
    JUDGED,
    MAX_ACCEPTED_MS,
    MAX_REFUSED_MS,
    MIN_GOODPUT,
    RECOVERY_SECONDS,
    Step,
)
from loadtest.overload.run import OverloadReport
from loadtest.sections import Text

_BAR_WIDTH = 30

EXPECTATIONS: Mapping[str, Text] = {
    **{
        f"goodput_at_{times:g}": Text(
            f"処理能力の{times:g}倍でも、完了した受付は最大値の{MIN_GOODPUT:.0%}以上",
            f"at {times:g} times the capacity at least {MIN_GOODPUT:.0%} of the peak is completed",
        )
        for times in JUDGED
    },
    "refused_soon": Text(
        f"拒否は{MAX_REFUSED_MS:g}ミリ秒以内（p99）", f"refusals take at most {MAX_REFUSED_MS:g} ms (p99)"
    ),
    "accepted_in_time": Text(
        f"受け付けたリクエストは{MAX_ACCEPTED_MS:g}ミリ秒以内（p99）",
        f"accepted requests take at most {MAX_ACCEPTED_MS:g} ms (p99)",
    ),
    "no_other_error": Text(
        "Retry-After 付きの overloaded 以外のエラーなし", "no error but overloaded, with Retry-After"
    ),
    "in_order_again": Text(
        f"過負荷の{RECOVERY_SECONDS:g}秒後から正常",
        f"in order again {RECOVERY_SECONDS:g} s after the overload",
    ),
}
"""What is expected, by its key in the JSON."""


def show(console: Console, report: OverloadReport) -> None:
    """Print the curve as a table, and each expectation with its result."""
    console.print(_curve(report))
    for name, met in report.curve.expectations.items():
        text = EXPECTATIONS[name]
        mark, style = ("✓", "green") if met else ("✗", "bold red")
        console.print(f"{mark} {text.ja}\n  {text.en}", style=style, markup=False, highlight=False)
    for step in (*report.curve.steps, report.curve.recovered):
        for code, count in step.other_errors.items():
            console.print(f"{count} × {code} at {step.times:g}", style="red", markup=False)
    for fault, count in report.wrong.items():
        console.print(f"{count} wrong: {fault}", style="red", markup=False)
    console.print(f"{report.compared:,} answers compared with the reference model", highlight=False)
    if report.busy_elsewhere:
        console.print(
            f"ほかの処理が{report.other_cores:.1f}コアを使用していました。数値を引用する前に、もう一度実行してください。\n"
            f"Other work kept {report.other_cores:.1f} cores busy: repeat the run before you quote its figures.",
            style="yellow",
            highlight=False,
        )


def _curve(report: OverloadReport) -> Table:
    table = Table("")
    for title in ("offered/s", "completed/s", "of the peak", "per core", "accepted p99 ms", "refused p99 ms"):
        table.add_column(title, justify="right")
    table.add_column("")
    curve = report.curve
    for step in curve.steps:
        share, per_core = curve.share_of_peak(step), curve.share_per_core(step)
        bar = "█" * round(share * _BAR_WIDTH)
        own = "–" if per_core is None else f"{per_core:.0%}"
        table.add_row(f"× {step.times:g}", *_figures(step), f"{share:.0%}", own, *_latencies(step), bar)
    table.add_row("afterwards", *_figures(curve.recovered), "", "", *_latencies(curve.recovered), "")
    return table


def _figures(step: Step) -> tuple[str, str]:
    return f"{step.offered_per_s:,.0f}", f"{step.goodput_per_s:,.0f}"


def _latencies(step: Step) -> tuple[str, str]:
    refused = f"{step.refused_p99_ms:,.0f}" if step.stats.refused.count else "–"
    return f"{step.accepted_p99_ms:,.0f}", refused
