"""The phases of a soak: every fault in turn, none too short, back-ups now and then."""

from __future__ import annotations

from collections import Counter

import pytest

from loadtest.faults.catalogue import FAULTS
from loadtest.soak.phases import BACKUP_EVERY, MAX_SECONDS, MIN_SECONDS, phases


@pytest.mark.parametrize("hours", [0.01, 0.05, 0.25, 1, 8, 24.3])
def test_the_phases_take_the_whole_time_and_none_is_too_long(hours: float) -> None:
    made = phases(hours)
    assert made
    assert sum(phase.seconds for phase in made) == pytest.approx(hours * 3600)
    assert len({phase.seconds for phase in made}) == 1
    assert made[0].seconds <= MAX_SECONDS * 1.5


@pytest.mark.parametrize("hours", [0.25, 1, 8])
def test_a_quarter_of_an_hour_has_every_fault(hours: float) -> None:
    counts = Counter(phase.fault.name for phase in phases(hours))
    assert counts.keys() == FAULTS.keys()
    assert max(counts.values()) - min(counts.values()) <= 1
    assert phases(hours)[0].seconds >= MIN_SECONDS


def test_faults_take_turns_in_the_catalogues_order() -> None:
    made = phases(8)
    assert [phase.fault.name for phase in made[: len(FAULTS)]] == list(FAULTS)
    assert [phase.number for phase in made] == list(range(48))


def test_back_ups_are_made_at_regular_phases() -> None:
    made = phases(8)
    assert [phase.number for phase in made if phase.backup] == list(range(0, 48, BACKUP_EVERY))


def test_a_short_soak_has_one_phase() -> None:
    [only] = phases(0.01)
    assert (only.seconds, only.backup) == (36.0, True)
