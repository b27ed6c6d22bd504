"""Prints the report of `payer-mock enrol` and `check`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.enrolment import RegisterMatch
from eligibility_api.contract.member_rules import CHECKS
from payer_mock.actions.report import Fault, Report, Stop
from payer_mock.screens.tables import table_of
from payer_mock.screens.terms import column_cell, rule_text, sentence, unknown_column_text

_PLACE = ("行\nrow", "項目\ncolumn", "コード\ncode")

MATCHES = {
    RegisterMatch.ONE: "本人を特定 / one person found",
    RegisterMatch.VARIANT: "表記の異なる候補者あり（確認待ち） / spelled otherwise, waits for confirmation",
    RegisterMatch.NONE: "該当者なし / nobody found",
    RegisterMatch.AMBIGUOUS: "複数該当 / several found",
    RegisterMatch.OTHER: "登録済みの方とは別人 / not the person registered before",
    RegisterMatch.CONTESTED: "他の保険者の加入者（承認者の確認待ち） / insured elsewhere, waits for the approver",
}


def show(console: Console, report: Report) -> None:
    """Print the counts, the faults by row, and where processing stopped, if it did."""
    console.print(_counts(report, sent=True))
    _show_findings(console, report)
    if report.stopped is not None:
        console.print(_stop(report.stopped), style="bold red")


def show_check(console: Console, report: Report) -> None:
    """Print the report of a file that was read and not sent."""
    console.print(_counts(report, sent=False))
    _show_findings(console, report)


def _show_findings(console: Console, report: Report) -> None:
    for column, filled in report.unknown_columns.items():
        console.print("\n".join(unknown_column_text(column.letters, column.heading, filled)))
    faults = report.sorted_faults()
    for heading, found in (
        ("エラー / errors", [fault for fault in faults if fault.code not in CHECKS]),
        ("要確認 / to be looked at", [fault for fault in faults if fault.code in CHECKS]),
    ):
        if found:
            console.print(_faults(heading, found))
    shown, counted = len(faults), report.counts.total()
    if shown < counted:
        console.print(
            f"全{counted}件のうち最初の{shown}件を表示しています。\nThe first {shown} of {counted} are shown."
        )


def _counts(report: Report, *, sent: bool) -> Table:
    table = Table("加入者ファイル / member file", "")
    table.columns[1].justify = "right"
    table.add_row("行 / rows", str(report.rows))
    if sent:
        table.add_row("資格取得 / enrolled", str(report.enrolled))
        for match, label in MATCHES.items():
            table.add_row(f"  {label}", str(report.matched[match]))
        table.add_row("資格喪失 / ended", str(report.ended))
    table.add_row("エラーのある行 / rejected rows", str(report.refused_rows))
    table.add_row("要確認 / to be looked at", str(sum(report.checks().values())))
    return table


def _faults(title: str, faults: Sequence[Fault]) -> Table:
    table = table_of(*_PLACE, "内容と対応\nmeaning and what to do", whole=_PLACE, title=title)
    for fault in faults:
        table.add_row(str(fault.row), column_cell(fault.column), fault.code, rule_text(fault.code))
    return table


def _stop(stop: Stop) -> str:
    ja, en = sentence(stop.code)
    return f"{stop.row}行目で中断しました。{ja}\nStopped at row {stop.row} ({stop.code}): {en}"
