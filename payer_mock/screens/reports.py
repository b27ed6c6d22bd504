"""Prints an insurer's reports: mismatches, changes, statistics, and who needs a 資格確認書."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from eligibility_api.contract.enrolment import Mismatch, RegisterMatch
from eligibility_api.contract.insurer_ops import (
    Changes,
    ClaimedMember,
    ConfirmAnswer,
    MemberSummary,
    Mismatches,
    MismatchItem,
    PaperCertificates,
    Statistics,
    UnlinkAnswer,
)
from payer_mock.screens.enrolment import MATCHES
from payer_mock.screens.tables import table_of
from payer_mock.screens.terms import (
    CHANGE_EVENTS,
    LINKED,
    MISMATCHES,
    PAPER_REASONS,
    PROPOSED,
    REVISION_KINDS,
    UNLINKED,
    difference_text,
    lookup_outcome,
)

_ENROLMENT = "資格\nenrolment"
_MEMBER = "記号・番号・枝番\n生年月日 / birth date"
_SINCE = "発生日時\nsince"
_ANSWERED = "番号による資格確認には回答しています\nlook-ups by number are answered"


def show_mismatches(console: Console, page: Mismatches) -> None:
    """Print the queue of mismatches, oldest first."""
    table = table_of(_ENROLMENT, _MEMBER, "J-LIS照会の結果\nregister", _SINCE, whole={_ENROLMENT})
    for item in page.mismatches:
        since = item.since.isoformat(timespec="seconds")
        table.add_row(item.enrolment_id, _member(item), _register_match(item), since)
    _print(console, table, page.next)
    if page.claimed_elsewhere:
        console.print(_claimed(page.claimed_elsewhere))


def _claimed(members: list[ClaimedMember]) -> Table:
    title = (
        "他の保険者が登録しようとした加入者（カードは使用できます。加入先をご本人に確認してください。）\n"
        "Members whom another insurer claimed. Their cards work; ask them which insurance is right."
    )
    table = table_of(_ENROLMENT, _MEMBER, _SINCE, whole={_ENROLMENT}, title=title)
    for member in members:
        since = member.since.isoformat(timespec="seconds")
        table.add_row(member.enrolment_id, _member(member), since)
    return table


def show_changes(console: Console, page: Changes) -> None:
    """Print which versions of enrolments were opened and closed."""
    table = table_of(
        "反映日時\nknown from", "版\nrevision", "種別\nkind", "変更\nevent", _ENROLMENT, whole={_ENROLMENT}
    )
    for change in page.changes:
        kind, event = REVISION_KINDS.get(change.kind, ""), CHANGE_EVENTS.get(change.event, "")
        table.add_row(
            change.known_from.isoformat(timespec="seconds"),
            str(change.revision),
            f"{kind} / {change.kind}",
            f"{event} / {change.event}",
            change.enrolment_id,
        )
    _print(console, table, page.next if page.has_more else None)


def show_stats(console: Console, stats: Statistics) -> None:
    """Print the registration delay, and look-ups by outcome."""
    delay = stats.registration_delay
    table = Table("統計 / statistics", "")
    table.columns[1].justify = "right"
    table.add_row("直近90日間の登録件数 / enrolments, 90 days", f"{delay.enrolments}件")
    table.add_row("登録までの時間（中央値） / delay, median", _hours(delay.median_hours))
    table.add_row("登録までの時間（95パーセンタイル） / delay, p95", _hours(delay.p95_hours))
    table.add_section()
    table.add_row("直近30日間の資格確認の結果 / look-ups, 30 days", "")
    for outcome, count in sorted(stats.look_ups.items()):
        table.add_row(f"  {lookup_outcome(outcome)}", f"{count}件")
    console.print(table)


def show_papers(console: Console, page: PaperCertificates) -> None:
    """Print who needs a 資格確認書, why, and from which day."""
    since = f"{page.since} 以降\nnew since"
    table = table_of(_ENROLMENT, _MEMBER, "理由\nreason", "必要になる日\nfrom", since, whole={_ENROLMENT})
    for need in page.members:
        needed_from = need.needed_from.isoformat() if need.needed_from else "直ちに / now"
        new = "新規 / new" if need.new_since else ""
        table.add_row(need.enrolment_id, _member(need), PAPER_REASONS[need.reason], needed_from, new)
    _print(console, table, page.next)


def _register_match(item: MismatchItem) -> str:
    lines = [" / ".join(difference_text(difference)) for difference in item.differences]
    answered = [_ANSWERED] if item.mismatch is Mismatch.CONFIRMED else []
    return "\n".join([MATCHES[item.register_match], *lines, *answered])


def show_confirmation(console: Console, answer: ConfirmAnswer) -> None:
    """Print the result of a confirmation; of a person who is spelled otherwise also in what."""
    ja, en = MISMATCHES[answer.mismatch]
    if answer.match is RegisterMatch.VARIANT:
        ja, en = LINKED if answer.linked else PROPOSED
    console.print(f"{ja}。\n{answer.mismatch}: {en}")
    for difference in answer.differences:
        console.print("  " + " / ".join(difference_text(difference)))


def show_unlinking(console: Console, answer: UnlinkAnswer) -> None:
    """Print the result of an unlinking, and how many facilities received the wrong link."""
    ja, en = UNLINKED if answer.mismatch is Mismatch.OPEN else MISMATCHES[answer.mismatch]
    facilities = len(answer.correction_list)
    console.print(f"{ja}。誤った情報を受け取った医療機関等：{facilities}件")
    console.print(f"{en}; facilities that received wrong data: {facilities}")


def _member(member: MemberSummary) -> str:
    parts = (member.symbol, member.number, member.branch)
    return f"{'・'.join(part for part in parts if part)}\n{member.birth_date.isoformat()}"


def _hours(hours: float | None) -> str:
    return "—" if hours is None else f"{hours:.1f}時間"


def _print(console: Console, table: Table, after: str | None) -> None:
    console.print(table)
    if after is not None:
        console.print(f"続きを表示 / next page: --after {after}")
