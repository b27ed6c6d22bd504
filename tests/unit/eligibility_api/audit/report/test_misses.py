"""Runs of misses: ten or more of one terminal, none more than a minute after the former one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from eligibility_api.audit.report.misses import MAX_GAP, MIN_RUN, Miss, Run, Runs

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)


def miss(seconds: float, client: UUID = ONE, kind: str = "eligibility.number") -> Miss:
    return Miss(client, "1311111114", kind, NOON + timedelta(seconds=seconds))


def runs_of(*misses: Miss) -> list[Run]:
    runs = Runs()
    found = [run for one in misses if (run := runs.add(one)) is not None]
    return [*found, *runs.ended()]


@pytest.mark.parametrize(
    ("misses", "found"), [(0, []), (1, []), (MIN_RUN - 1, []), (MIN_RUN, [MIN_RUN]), (25, [25])]
)
def test_a_run_has_ten_misses(misses: int, found: list[int]) -> None:
    assert [run.misses for run in runs_of(*(miss(n) for n in range(misses)))] == found


@pytest.mark.parametrize(("gap", "found"), [(60.0, [24]), (60.001, [12, 12])])
def test_a_gap_of_more_than_a_minute_ends_a_run(gap: float, found: list[int]) -> None:
    first = [miss(n) for n in range(12)]
    second = [miss(11 + gap + n) for n in range(12)]
    assert [run.misses for run in runs_of(*first, *second)] == found


def test_runs_are_of_one_terminal_and_one_kind() -> None:
    mixed = [one for n in range(9) for one in (miss(n), miss(n, OTHER), miss(n, ONE, "eligibility.batch"))]
    assert runs_of(*mixed) == []
    [run] = runs_of(*mixed, miss(9, OTHER))
    assert (run.client_id, run.misses, run.first, run.last) == (OTHER, 10, NOON, NOON + timedelta(seconds=9))


def test_what_no_miss_can_continue_is_forgotten() -> None:
    runs = Runs()
    for n in range(10):
        runs.add(miss(n))
        runs.add(miss(n, OTHER))
    last = NOON + timedelta(seconds=9)
    assert list(runs.ended(last + MAX_GAP)) == []
    assert len(list(runs.ended(last + MAX_GAP + timedelta(milliseconds=1)))) == 2
    assert list(runs.ended()) == []


def test_misses_of_one_instant_and_slightly_out_of_order_are_one_run() -> None:
    [run] = runs_of(*(miss(n % 3) for n in range(10)))
    assert (run.misses, run.last) == (10, NOON + timedelta(seconds=2))
