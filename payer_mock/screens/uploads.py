"""What the fund says of a member file."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.uploads import (
    CorrectionList,
    Finding,
    UploadAnswer,
    UploadFaults,
    UploadReport,
    UploadState,
)

_STATES = {
    UploadState.RECEIVED: "受付済 / received",
    UploadState.CHECKING: "点検中 / being checked",
    UploadState.HELD: "保留（別の担当者の承認待ち） / held: another person's approval is needed",
    UploadState.CHECKED: "点検済（公開の指示待ち） / checked: waits for your word",
    UploadState.PUBLISHING: "公開中 / being published",
    UploadState.PUBLISHED: "公開済 / published",
    UploadState.REFUSED: "受付不可 / refused",
    UploadState.REJECTED: "取下げ / taken back",
    UploadState.UNDOING: "取消中 / being undone",
    UploadState.UNDONE: "取消済 / undone",
}


def show_upload(console: Console, upload: UploadAnswer) -> None:
    """State, counts and findings of an upload."""
    table = Table("アップロード / upload", upload.upload_id)
    table.add_row("状態 / state", _STATES[upload.state])
    if upload.duplicate_of is not None:
        table.add_row("同一ファイル / same file as", upload.duplicate_of)
    if upload.known_from is not None:
        table.add_row("公開時刻 / known from", upload.known_from.isoformat(timespec="seconds"))
    if upload.refusal is not None:
        entry = CATALOGUE[upload.refusal]
        table.add_row(f"理由 / reason ({upload.refusal})", f"{entry.ja}\n{entry.en}")
    if upload.report is not None:
        _add_counts(table, upload.report)
    console.print(table)
    if upload.report is not None and upload.report.findings:
        console.print(_findings(upload.report.findings))


def show_faults(console: Console, faults: UploadFaults) -> None:
    """Faults by row and column."""
    table = Table("行 / row", "項目 / column", "コード / code", "形 / shape")
    for fault in faults.faults:
        table.add_row(str(fault.row), fault.column or "", fault.code, fault.shape or "")
    console.print(table)
    if faults.next is not None:
        console.print(f"続き / more: --after {faults.next}")


def show_seen_by(console: Console, answer: CorrectionList) -> None:
    """The facilities that were answered with what was withdrawn."""
    table = Table("医療機関コード / institution", "名称 / name", "回答数 / answers", "最終 / last")
    for facility in answer.facilities:
        last = facility.last_at.isoformat(timespec="seconds")
        table.add_row(facility.institution_code, facility.institution_name, str(facility.answers), last)
    console.print(table)


def _add_counts(table: Table, report: UploadReport) -> None:
    for words, count in (
        ("行 / rows", report.rows),
        ("エラー行 / bad rows", report.bad_rows),
        ("新規 / new", report.new),
        ("変更 / changed", report.changed),
        ("変更なし / unchanged", report.unchanged),
        ("ファイルにない加入者 / members not in the file", report.absent),
        ("住民登録と不一致 / not matched", report.unmatched),
        ("アップロード後に変更 / changed since", report.changed_since),
    ):
        table.add_row(words, str(count))


def _findings(findings: list[Finding]) -> Table:
    table = Table("点検結果 / finding", "項目 / column", "件数 / count", "保留 / holds")
    for finding in findings:
        holds = "保留 / holds" if finding.holds else ""
        table.add_row(finding.code, finding.column or "", str(finding.count), holds)
    return table
