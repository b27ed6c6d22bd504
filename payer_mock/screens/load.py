"""What a load measured, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from payer_mock.load.report import LoadReport


def show_load(console: Console, report: LoadReport) -> None:
    """Rates, memory and times."""
    table = Table("負荷測定 / load", "")
    table.columns[1].justify = "right"
    table.add_row("住民 / people", f"{report.people:,}")
    table.add_row("保険者 / insurers", f"{report.insurers:,}")
    table.add_row("初回の行 / rows, first load", f"{report.first.rows:,}")
    table.add_row("受付と点検 / upload and check", f"{report.first.checked_per_s:,.0f} /s")
    table.add_row("初回登録 / first load, to published", f"{report.first.published_per_s:,.0f} /s")
    table.add_row("月次更新 / monthly file, to published", f"{report.monthly.published_per_s:,.0f} /s")
    table.add_row("最大メモリ / largest process", f"{max(report.peaks.values(), default=0):,.0f} MiB")
    for part, seconds in report.seconds.items():
        table.add_row(f"  {part}", f"{seconds:,.1f} s")
    console.print(table)
