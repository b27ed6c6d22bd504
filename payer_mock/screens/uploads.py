"""Prints what the fund answers about a member file."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.uploads import (
    CorrectionList,
    Finding,
    UndoReport,
    UploadAnswer,
    UploadFaults,
    UploadReport,
    UploadState,
)
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

_WITHHELD = "承認後に表示 / shown once approved"


def show_upload(console: Console, upload: UploadAnswer) -> None:
    """Print the state, the counts and the findings of an upload."""
    table = Table("アップロード / upload", upload.upload_id)
    table.add_row("状態 / state", _STATES[upload.state])
    if upload.duplicate_of is not None:
        table.add_row("同一ファイル / same file as", upload.duplicate_of)
    if upload.known_from is not None:
        table.add_row("反映日時 / known from", upload.known_from.isoformat(timespec="seconds"))
    if upload.refusal is not None:
        entry = CATALOGUE[upload.refusal]
        table.add_row(f"理由 / reason ({upload.refusal})", f"{entry.ja}\n{entry.en}")
    if upload.report is not None:
        _add_counts(table, upload.report)
    if upload.undo_report is not None:
        _add_undo(table, upload.undo_report)
    console.print(table)
    if upload.report is not None and upload.report.findings:
        console.print(_findings("点検結果 / finding", upload.report.findings))
    if upload.undo_report is not None and upload.undo_report.findings:
        console.print(_findings("取り消しの点検結果 / finding of the undo", upload.undo_report.findings))


def show_faults(console: Console, faults: UploadFaults) -> None:
    """Print faults by row and column."""
    table = Table()
    for heading in ("行\nrow", "項目\ncolumn", "コード\ncode"):
        table.add_column(heading, no_wrap=True, overflow="ignore")  # what a clerk looks up is not cut off
    for heading in ("内容と対応\nmeaning and what to do", "値の形式\nshape"):
        table.add_column(heading, overflow="fold")
    for fault in faults.faults:
        shape = fault.shape or ""
        table.add_row(str(fault.row), column_cell(fault.column), fault.code, rule_text(fault.code), shape)
    console.print(table)
    if faults.next is not None:
        console.print(f"続きを表示 / next page: --after {faults.next}")


def show_correction_list(console: Console, answer: CorrectionList) -> None:
    """Print the facilities that received a value since withdrawn."""
    table = Table(
        "医療機関等コード / institution", "名称 / name", "回答件数 / answers", "最終回答日時 / last"
    )
    for facility in answer.facilities:
        last = facility.last_at.isoformat(timespec="seconds")
        table.add_row(facility.institution_code, facility.institution_name, f"{facility.answers}件", last)
    console.print(table)


def _add_counts(table: Table, report: UploadReport) -> None:
    for label, count in (
        ("行 / rows", report.rows),
        ("エラーのある行 / bad rows", report.bad_rows),
        ("新規 / new", report.new),
        ("変更 / changed", report.changed),
        ("変更なし / unchanged", report.unchanged),
        ("ファイルにない加入者 / members not in the file", report.absent),
        (
            "住民基本台帳情報との不一致 / not matched",
            _WITHHELD if report.unmatched is None else report.unmatched,
        ),
        ("アップロード後に変更 / changed since", report.changed_since),
    ):
        table.add_row(label, str(count))


def _add_undo(table: Table, report: UndoReport) -> None:
    table.add_row("取り消しで元に戻る加入者 / members changed by the undo", f"{report.changed}件")
    table.add_row("取り消しで登録がなくなる加入者 / members removed by the undo", f"{report.removed}件")


def _findings(heading: str, findings: list[Finding]) -> Table:
    table = Table()
    table.add_column(heading, overflow="fold")
    for label in ("コード\ncode", "項目\ncolumn", "件数\ncount", "保留\nholds"):
        table.add_column(label, no_wrap=True)
    for finding in findings:
        ja, en = finding_text(finding)
        meaning = f"{'！' if finding.holds else ''}{ja}\n{en}"
        holds = "保留" if finding.holds else ""
        table.add_row(meaning, finding.code, column_cell(finding.column), f"{finding.count}件", holds)
    return table
