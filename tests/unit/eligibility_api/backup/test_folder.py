"""Which backups an instant is restored from, and which nobody needs any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eligibility_api.backup.folder import Backup, Kind, chain, expired, later, name, read

START = datetime(2026, 11, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def backup(number: float, kind: Kind) -> Backup:
    return Backup(Path(name(day(number), kind)), day(number), kind)


BACKUPS = [
    backup(0, "full"),
    backup(1, "incremental"),
    backup(2, "incremental"),
    backup(7, "full"),
    backup(8, "incremental"),
]


@pytest.mark.parametrize(
    ("instant", "days"),
    [
        (day(-1), []),
        (day(0), [0]),
        (day(1.5), [0, 1]),
        (day(6.9), [0, 1, 2]),
        (day(7), [7]),
        (day(100), [7, 8]),
        (None, [7, 8]),
    ],
    ids=["before all", "at the first", "between", "before the next full", "at a full", "after all", "latest"],
)
def test_an_instant_is_restored_from_the_last_full_backup_before_it(
    instant: datetime | None, days: list[int]
) -> None:
    assert [one.ended_at for one in chain(BACKUPS, instant)] == [day(number) for number in days]


def test_an_incremental_backup_without_its_full_one_restores_nothing() -> None:
    assert chain(BACKUPS[1:3], None) == []


@pytest.mark.parametrize(("cutoff", "count"), [(-1, 0), (0, 0), (6.9, 0), (7, 3), (100, 3)])
def test_backups_expire_when_no_kept_instant_needs_them(cutoff: float, count: int) -> None:
    assert expired(BACKUPS, day(cutoff)) == BACKUPS[:count]


def test_the_only_chain_never_expires() -> None:
    assert expired(BACKUPS[3:], day(1000)) == []
    assert expired([], day(1000)) == []


def test_backups_after_an_instant_belong_to_another_history() -> None:
    assert later(BACKUPS, day(2)) == BACKUPS[3:]


def test_backups_are_read_by_their_names_and_nothing_else_is_one(tmp_path: Path) -> None:
    for one in reversed(BACKUPS):
        (tmp_path / one.path).mkdir()
    for other in (
        "unfinished",
        "lost+found",
        "20261101T000000.000000Z",
        "20261101T000000.000000Z-other",
        "x-full",
    ):
        (tmp_path / other).mkdir()
    assert [(one.ended_at, one.kind) for one in read(tmp_path)] == [
        (one.ended_at, one.kind) for one in BACKUPS
    ]
    assert read(tmp_path / "missing") == []
