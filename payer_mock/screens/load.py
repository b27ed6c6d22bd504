"""What a load measured, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from payer_mock.load.report import ClaimsLoad, LoadReport, Measured


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
    _print(console, table, report)


def show_claims_load(console: Console, report: ClaimsLoad) -> None:
    """Rates, memory and times."""
    table = Table("レセプト負荷測定 / claims", "")
    table.columns[1].justify = "right"
    table.add_row("住民 / people", f"{report.people:,}")
    table.add_row("保険者 / insurers", f"{report.insurers:,}")
    table.add_row("ファイル / files", f"{report.files:,}")
    table.add_row("レセプト / receipts", f"{report.receipts:,}")
    table.add_row("  うち該当者なし / of nobody known", f"{report.unmatched:,}")
    for fault, count in report.faults.most_common():
        table.add_row(f"  エラー / fault: {fault}", f"{count:,}")
    table.add_row("ファイルから履歴まで / file to history", f"{report.receipts_per_s:,.0f} /s")
    if report.receipts_per_core_s is not None:
        table.add_row("1コアあたり / per core", f"{report.receipts_per_core_s:,.0f} /s")
    _print(console, table, report)


def _print(console: Console, table: Table, report: Measured) -> None:
    table.add_row("最大メモリ / largest process", f"{report.peak:,.0f} MiB")
    for part, seconds in report.seconds.items():
        table.add_row(f"  {part}", f"{seconds:,.1f} s")
    console.print(table)
