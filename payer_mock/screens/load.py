"""Prints the results of a load test."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from payer_mock.load.report import ClaimsLoadReport, LoadReport, MembersLoadReport
from payer_mock.screens.terms import CLAIM_FAULTS, sentence


def show_members_load(console: Console, report: MembersLoadReport) -> None:
    """Print rates, memory and times of a load of members."""
    table = Table("加入者ファイル負荷測定 / load of members", "")
    table.columns[1].justify = "right"
    table.add_row("住民 / residents", f"{report.people:,}")
    table.add_row("保険者 / insurers", f"{report.insurers:,}")
    table.add_row("初回の行数 / rows, first load", f"{report.first.rows:,}")
    table.add_row("受付と点検 / upload and check", f"{report.first.checked_per_s:,.0f} 行/秒")
    table.add_row(
        "初回登録（反映まで） / first load, to published", f"{report.first.published_per_s:,.0f} 行/秒"
    )
    table.add_row(
        "月次更新（反映まで） / monthly file, to published", f"{report.monthly.published_per_s:,.0f} 行/秒"
    )
    _print(console, table, report)


def show_claims_load(console: Console, report: ClaimsLoadReport) -> None:
    """Print rates, memory and times of a load of claims."""
    table = Table("レセプト負荷測定 / load of claims", "")
    table.columns[1].justify = "right"
    table.add_row("住民 / residents", f"{report.people:,}")
    table.add_row("保険者 / insurers", f"{report.insurers:,}")
    table.add_row("ファイル / files", f"{report.files:,}")
    table.add_row("レセプト / claims", f"{report.claims:,}")
    table.add_row("  うち該当する加入者なし / no such member", f"{report.unmatched:,}")
    for fault, count in report.faults.most_common():
        table.add_row(f"  {sentence(fault, CLAIM_FAULTS)[0]}\n  error: {fault}", f"{count:,}")
    table.add_row("ファイルから閲覧可能まで / file to history", f"{report.claims_per_s:,.0f} 件/秒")
    if report.claims_per_core_s is not None:
        table.add_row("1コアあたり / per core", f"{report.claims_per_core_s:,.0f} 件/秒")
    _print(console, table, report)


def _print(console: Console, table: Table, report: LoadReport) -> None:
    table.add_row("最大メモリー / largest process", f"{report.peak:,.0f} MiB")
    for part, seconds in report.seconds.items():
        table.add_row(f"  {part}", f"{seconds:,.1f} 秒")
    console.print(table)
