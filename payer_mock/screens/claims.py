"""Prints what the fund answers about a claim file and about health check-ups."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.claims import (
    ClaimKind,
    ClaimsAnswer,
    ClaimsFault,
    ClaimsFaultPlace,
    ClaimsFaults,
    ClaimsReport,
    ClaimsState,
)
from eligibility_api.contract.errors import CATALOGUE
from payer_mock.screens.tables import table_of
from payer_mock.screens.terms import CLAIM_FAULTS, sentence

_STATES = {
    ClaimsState.RECEIVED: "受付済 / received",
    ClaimsState.READING: "読込中 / being read",
    ClaimsState.DONE: "取込済 / done",
    ClaimsState.REFUSED: "受付不可 / refused",
}
_KINDS = {
    ClaimKind.MEDICAL: "医科 / medical",
    ClaimKind.DPC: "DPC（取込対象外） / DPC, not read",
    ClaimKind.DENTAL: "歯科（取込対象外） / dental, not read",
    ClaimKind.NURSING: "訪問看護（取込対象外） / home nursing, not read",
    ClaimKind.PHARMACY: "調剤 / pharmacy",
}


def show_claims(console: Console, claims: ClaimsAnswer) -> None:
    """Print the state and the counts of a claim file."""
    console.print(f"レセプトファイル / claim file {claims.file_id}", soft_wrap=True)
    table = table_of("項目 / item", "")
    table.add_row("状態 / state", _STATES[claims.state])
    if claims.duplicate_of is not None:
        table.add_row("同一ファイル / same file as", claims.duplicate_of)
    if claims.known_from is not None:
        table.add_row("反映日時 / visible from", claims.known_from.isoformat(timespec="seconds"))
    if claims.refusal is not None:
        entry = CATALOGUE[claims.refusal]
        table.add_row(f"理由 / reason ({claims.refusal})", f"{entry.ja}\n{entry.en}")
    if claims.report is not None:
        _add_counts(table, claims.report)
    console.print(table)


def show_claims_faults(console: Console, page: ClaimsFaults) -> None:
    """Print faults by line and field."""
    table = Table("行\nline")
    for heading in ("レコード・項目\nrecord, field", "レセプト\nclaim"):
        table.add_column(heading, overflow="fold")
    table.add_column(
        "エラー\nerror", overflow="fold", min_width=max(map(len, ClaimsFault))
    )  # no code is cut off
    table.add_column("値の形式\nshape", overflow="fold")
    for fault in page.faults:
        claim = "" if fault.claim is None else str(fault.claim)
        error = f"{sentence(fault.code, CLAIM_FAULTS)[0]}\n{fault.code}"
        table.add_row(str(fault.line), _field(fault), claim, error, fault.shape or "")
    console.print(table)
    if page.next is not None:
        console.print(f"続きを表示 / next page: --after {page.next}")


def show_checkups(console: Console, taken: int, unmatched: int) -> None:
    """Print how many check-ups the fund accepted."""
    table = Table("健診結果 / health check-ups", "")
    table.columns[1].justify = "right"
    table.add_row("取込件数 / accepted", f"{taken:,}")
    table.add_row("該当する加入者なし / no such member", f"{unmatched:,}")
    console.print(table)


def _field(fault: ClaimsFaultPlace) -> str:
    """Record, number and name of a field, as `IY 3` and 医薬品コード below it."""
    number = f"{fault.record or ''} {fault.field or ''}".strip()
    return f"{number}\n{fault.name or ''}".strip()


def _add_counts(table: Table, report: ClaimsReport) -> None:
    rows = [
        ("医療機関等 / institutions", report.sections),
        ("レセプト / claims", report.claims),
        ("取込件数 / accepted", report.accepted),
        ("該当する加入者なし / no such member", report.unmatched),
        ("差替え / replacing an earlier one", report.replacing),
    ]
    rows += [(f"  {_KINDS[kind]}", count) for kind, count in report.by_kind.items()]
    rows += [
        (f"  {sentence(fault, CLAIM_FAULTS)[0]}\n  error: {fault}", count)
        for fault, count in report.faults.items()
    ]
    rows += [(f"  {record}（読み飛ばし） / passed over", count) for record, count in report.passed.items()]
    for label, count in rows:
        table.add_row(label, f"{count:,}")
