"""Prints the report of `payer-mock enrol`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.enrolment import RegisterMatch
from payer_mock.actions.report import Report, Stop
from payer_mock.members.table import Fault
from payer_mock.screens.terms import ROW_RULES, column_cell, sentence

MATCHES = {
    RegisterMatch.ONE: "本人を特定 / one person found",
    RegisterMatch.NONE: "該当者なし / nobody found",
    RegisterMatch.AMBIGUOUS: "複数該当 / several found",
    RegisterMatch.OTHER: "登録済みの方とは別人 / not the person registered before",
    RegisterMatch.CONTESTED: "他の保険者の加入者（承認者の確認待ち） / insured elsewhere, waits for the approver",
}


def show(console: Console, report: Report) -> None:
    """Print the counts, the faults, and where processing stopped, if it did."""
    console.print(_counts(report))
    if report.faults:
        console.print(_faults(report.faults))
    if report.stopped is not None:
        console.print(_stop(report.stopped), style="bold red")


def _counts(report: Report) -> Table:
    table = Table("加入者ファイル / member file", "")
    table.columns[1].justify = "right"
    table.add_row("行 / rows", str(report.rows))
    table.add_row("資格取得 / enrolled", str(report.enrolled))
    for match, label in MATCHES.items():
        table.add_row(f"  {label}", str(report.matched[match]))
    table.add_row("資格喪失 / ended", str(report.ended))
    table.add_row("エラーのある行 / rejected rows", str(report.refused_rows))
    return table


def _faults(faults: list[Fault]) -> Table:
    table = Table("行\nrow")
    for heading in ("項目\ncolumn", "コード\ncode"):
        table.add_column(heading, no_wrap=True)  # what a clerk looks up is not cut off
    table.add_column("内容\nmeaning", overflow="fold")
    for fault in faults:
        table.add_row(str(fault.row), column_cell(fault.column), fault.code, _meaning(fault.code))
    return table


def _stop(stop: Stop) -> str:
    return f"{stop.row}行目で中断しました。{_meaning(stop.code)}\nStopped at row {stop.row} ({stop.code})"


def _meaning(code: str) -> str:
    return "\n".join(sentence(code, ROW_RULES))
