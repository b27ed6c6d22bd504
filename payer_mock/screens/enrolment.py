"""The report about members told one by one."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.enrolment import RegisterMatch
from eligibility_api.contract.errors import CATALOGUE
from payer_mock.desk.report import Report, Stop
from payer_mock.members.table import Fault

MATCHES = {
    RegisterMatch.ONE: "本人を特定 / one person found",
    RegisterMatch.NONE: "該当者なし / nobody found",
    RegisterMatch.AMBIGUOUS: "複数該当 / several found",
    RegisterMatch.OTHER: "登録と異なる本人 / another than before",
}


def show(console: Console, report: Report) -> None:
    """Print the counts, the faults, and where the work stopped, if it did."""
    console.print(_counts(report))
    if report.faults:
        console.print(_faults(report.faults))
    if report.stopped is not None:
        console.print(_stop(report.stopped), style="bold red")


def _counts(report: Report) -> Table:
    table = Table("加入者ファイル / members file", "")
    table.columns[1].justify = "right"
    table.add_row("行 / rows", str(report.rows))
    table.add_row("資格取得 / enrolled", str(report.enrolled))
    for match, words in MATCHES.items():
        table.add_row(f"  {words}", str(report.matched[match]))
    table.add_row("資格喪失 / ended", str(report.ended))
    table.add_row("エラー行 / refused rows", str(report.refused_rows))
    return table


def _faults(faults: list[Fault]) -> Table:
    table = Table("行 / row", "項目 / column", "コード / code")
    table.add_column("内容 / meaning", overflow="fold")
    for fault in faults:
        table.add_row(str(fault.row), fault.column or "", fault.code, _meaning(fault.code))
    return table


def _stop(stop: Stop) -> str:
    return f"{stop.row}行目で中断しました / Stopped at row {stop.row} ({stop.code})\n{_meaning(stop.code)}"


def _meaning(code: str) -> str:
    """The catalogue's sentences; rules of form have none."""
    entry = CATALOGUE.get(code)
    return f"{entry.ja}\n{entry.en}" if entry else ""
