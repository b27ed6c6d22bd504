"""Prints what the fund answers about a member file."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.member_rules import CHECKS
from eligibility_api.contract.uploads import (
    CorrectionList,
    Finding,
    UndoReport,
    UploadAnswer,
    UploadFaults,
    UploadReport,
    UploadState,
)
from payer_mock.screens.tables import table_of
from payer_mock.screens.terms import column_cell, finding_text, rule_text

_STATES = {
    UploadState.RECEIVED: "受付済 / received",
    UploadState.CHECKING: "点検中 / being checked",
    UploadState.HELD: "保留（別の担当者の承認待ち） / held: needs another person's approval",
    UploadState.CHECKED: "点検済（反映の指示待ち） / checked: waits for `publish`",
    UploadState.PUBLISHING: "反映中 / being published",
    UploadState.PUBLISHED: "反映済 / published",
    UploadState.REFUSED: "受付不可 / refused",
    UploadState.REJECTED: "取下げ済 / taken back",
    UploadState.UNDO_HELD: "取消保留（別の担当者の承認待ち） / undo held: needs another person's approval",
    UploadState.UNDOING: "取消中 / being undone",
    UploadState.UNDONE: "取消済 / undone",
}

_PLACE = ("行\nrow", "項目\ncolumn", "コード\ncode")
_WITHHELD = "承認後に表示 / shown once approved"


def show_upload(console: Console, upload: UploadAnswer) -> None:
    """Print the state, the counts and the findings of an upload."""
    console.print(f"アップロード / upload {upload.upload_id}", soft_wrap=True)
    table = table_of("項目 / item", "")
    table.add_row("状態 / state", _STATES[upload.state])
    if upload.duplicate_of is not None:
        table.add_row("同一ファイル / same file as", upload.duplicate_of)
    if upload.known_from is not None:
        table.add_row("反映日時 / known from", upload.known_from.isoformat(timespec="seconds"))
    if upload.refusal is not None:
        entry = CATALOGUE[upload.refusal]
        table.add_row(f"理由 / reason ({upload.refusal})", f"{entry.ja}\n{entry.en}")
    if upload.report is not None:
        _add_counts(table, upload)
    if upload.undo_report is not None:
        _add_undo(table, upload.undo_report)
    console.print(table)
    if upload.report is not None and (upload.report.bad_rows or _checks(upload.report)):
        command = f"payer-mock faults {upload.upload_id}"
        console.print(f"エラーと要確認の一覧 / list errors and checks: {command}", soft_wrap=True)
    if upload.report is not None and upload.report.findings:
        console.print(_findings("点検結果 / finding", upload.report.findings))
    if upload.undo_report is not None and upload.undo_report.findings:
        console.print(_findings("取り消しの点検結果 / finding of the undo", upload.undo_report.findings))


def show_faults(console: Console, faults: UploadFaults) -> None:
    """Print faults by row and column."""
    table = table_of(*_PLACE, "内容と対応\nmeaning and what to do", "値の形式\nshape", whole=_PLACE)
    for fault in faults.faults:
        shape = fault.shape or ""
        table.add_row(str(fault.row), column_cell(fault.column), fault.code, rule_text(fault.code), shape)
    console.print(table)
    if faults.next is not None:
        console.print(f"続きを表示 / next page: --after {faults.next}")


def show_correction_list(console: Console, answer: CorrectionList) -> None:
    """Print the facilities that received a value since withdrawn."""
    code, last_at = "医療機関等コード\ninstitution", "最終回答日時\nlast"
    table = table_of(code, "名称\nname", "回答件数\nanswers", last_at, whole={code, last_at})
    for facility in answer.facilities:
        last = facility.last_at.isoformat(timespec="seconds")
        table.add_row(facility.institution_code, facility.institution_name, f"{facility.answers}件", last)
    console.print(table)


def _add_counts(table: Table, upload: UploadAnswer) -> None:
    assert upload.report is not None
    report = upload.report
    table.add_row("行 / rows", str(report.rows))
    table.add_row("エラーのある行 / bad rows", str(report.bad_rows))
    table.add_row("要確認 / to be looked at", str(_checks(report)))
    for label, count in (
        ("新規 / new", report.new),
        ("変更 / changed", report.changed),
        ("変更なし / unchanged", report.unchanged),
        ("ファイルにない加入者 / members not in the file", report.absent),
        (
            "住民基本台帳情報との不一致 / not matched",
            _WITHHELD if report.unmatched is None else report.unmatched,
        ),
        (
            "うち表記の異なる候補者あり / of them a person proposed",
            _WITHHELD if report.unmatched is None else report.proposed or 0,
        ),
        ("アップロード後に変更 / changed since", report.changed_since),
    ):
        table.add_row(label, str(count))


def _checks(report: UploadReport) -> int:
    """The number of plausibility findings (要確認)."""
    return sum(finding.count for finding in report.findings if finding.code in CHECKS)


def _add_undo(table: Table, report: UndoReport) -> None:
    table.add_row("取り消しで元に戻る加入者 / members changed by the undo", f"{report.changed}件")
    table.add_row("取り消しで登録がなくなる加入者 / members removed by the undo", f"{report.removed}件")


def _findings(heading: str, findings: list[Finding]) -> Table:
    labels = ("コード\ncode", "項目\ncolumn", "件数\ncount", "保留\nholds")
    table = table_of(heading, *labels, whole=labels)
    for finding in findings:
        ja, en = finding_text(finding)
        meaning = f"{'！' if finding.holds else ''}{ja}\n{en}"
        holds = "保留" if finding.holds else ""
        table.add_row(meaning, finding.code, column_cell(finding.column), f"{finding.count}件", holds)
    return table
