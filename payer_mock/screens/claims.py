"""What the fund says of a receipt file, and of health check-ups."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.claims import ClaimKind, ClaimsAnswer, ClaimsFaults, ClaimsReport, ClaimsState
from eligibility_api.contract.errors import CATALOGUE

_STATES = {
    ClaimsState.RECEIVED: "受付済 / received",
    ClaimsState.READING: "読込中 / being read",
    ClaimsState.DONE: "取込済 / done",
    ClaimsState.REFUSED: "受付不可 / refused",
}
_KINDS = {
    ClaimKind.MEDICAL: "医科 / medical",
    ClaimKind.DPC: "ＤＰＣ（取込対象外） / DPC, not read",
    ClaimKind.DENTAL: "歯科（取込対象外） / dental, not read",
    ClaimKind.PHARMACY: "調剤 / pharmacy",
}


def show_claims(console: Console, claims: ClaimsAnswer) -> None:
    """State and counts of a receipt file."""
    table = Table("レセプトファイル / receipt file", claims.file_id)
    table.add_row("状態 / state", _STATES[claims.state])
    if claims.duplicate_of is not None:
        table.add_row("同一ファイル / same file as", claims.duplicate_of)
    if claims.known_from is not None:
        table.add_row("取込時刻 / counts from", claims.known_from.isoformat(timespec="seconds"))
    if claims.refusal is not None:
        entry = CATALOGUE[claims.refusal]
        table.add_row(f"理由 / reason ({claims.refusal})", f"{entry.ja}\n{entry.en}")
    if claims.report is not None:
        _add_counts(table, claims.report)
    console.print(table)


def show_claims_faults(console: Console, page: ClaimsFaults) -> None:
    """Faults by line and field."""
    table = Table()
    for heading in ("行\nline", "レコード\nrecord", "項目\nfield", "レセプト\nreceipt"):
        table.add_column(heading, overflow="fold")
    table.add_column("コード\ncode", no_wrap=True)  # what a person looks up is not cut off
    table.add_column("形\nshape", overflow="fold")
    for fault in page.faults:
        field = "" if fault.field is None else f"{fault.field} {fault.name or ''}".strip()
        receipt = "" if fault.claim is None else str(fault.claim)
        table.add_row(str(fault.line), fault.record or "", field, receipt, fault.code, fault.shape or "")
    console.print(table)
    if page.next is not None:
        console.print(f"続き / more: --after {page.next}")


def show_checkups(console: Console, taken: int, unmatched: int) -> None:
    """How many check-ups were taken."""
    table = Table("健診結果 / health check-ups", "")
    table.columns[1].justify = "right"
    table.add_row("登録 / taken", f"{taken:,}")
    table.add_row("該当者なし / of nobody known", f"{unmatched:,}")
    console.print(table)


def _add_counts(table: Table, report: ClaimsReport) -> None:
    rows = [
        ("医療機関 / institutions' claims", report.sections),
        ("レセプト / receipts", report.claims),
        ("取込 / taken", report.accepted),
        ("該当者なし / of nobody known", report.unmatched),
        ("差替え / in place of an earlier one", report.replacing),
    ]
    rows += [(f"  {_KINDS[kind]}", count) for kind, count in report.by_kind.items()]
    rows += [(f"  エラー / fault: {fault}", count) for fault, count in report.faults.items()]
    for words, count in rows:
        table.add_row(words, f"{count:,}")
