"""What waits at the insurer's desk, what has changed, how it stands, and who needs a paper."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.insurer_ops import (
    Changes,
    MemberSummary,
    Mismatches,
    PaperCertificates,
    Statistics,
)
from payer_mock.screens.enrolment import MATCHES

_MEMBER = ("記号 / symbol", "番号 / number", "枝番 / branch", "生年月日 / birth date")


def show_mismatches(console: Console, page: Mismatches) -> None:
    """The queue, oldest first."""
    table = Table("資格 / enrolment", *_MEMBER, "照合 / register", "以来 / since")
    for item in page.mismatches:
        since = item.since.isoformat(timespec="seconds")
        table.add_row(item.enrolment_id, *_member(item), MATCHES[item.register_match], since)
    _print(console, table, page.next)


def show_changes(console: Console, page: Changes) -> None:
    """What has become known and what is no longer."""
    table = Table("公開時刻 / known from", "版 / revision", "種別 / kind", "変更 / event", "資格 / enrolment")
    for change in page.changes:
        known_from = change.known_from.isoformat(timespec="seconds")
        table.add_row(known_from, str(change.revision), change.kind, change.event, change.enrolment_id)
    _print(console, table, page.next if page.has_more else None)


def show_figures(console: Console, figures: Statistics) -> None:
    """Registration delay, and look-ups by outcome."""
    delay = figures.registration_delay
    table = Table("指標 / figure", "")
    table.columns[1].justify = "right"
    table.add_row("直近90日の登録 / enrolments in 90 days", str(delay.enrolments))
    table.add_row("登録までの時間（中央値） / delay, median", _hours(delay.median_hours))
    table.add_row("登録までの時間（95%） / delay, p95", _hours(delay.p95_hours))
    for outcome, count in sorted(figures.look_ups.items()):
        table.add_row(f"照会結果 / look-ups: {outcome}", str(count))
    console.print(table)


def show_papers(console: Console, page: PaperCertificates) -> None:
    """Who needs a 資格確認書."""
    table = Table("資格 / enrolment", *_MEMBER, f"{page.since} 以降 / new since")
    for need in page.members:
        table.add_row(need.enrolment_id, *_member(need), "新規 / new" if need.new_since else "")
    _print(console, table, page.next)


def _member(member: MemberSummary) -> tuple[str, str, str, str]:
    return member.symbol or "", member.number, member.branch or "", member.birth_date.isoformat()


def _hours(hours: float | None) -> str:
    return "—" if hours is None else f"{hours:.1f} h"


def _print(console: Console, table: Table, after: str | None) -> None:
    console.print(table)
    if after is not None:
        console.print(f"続き / more: --after {after}")
