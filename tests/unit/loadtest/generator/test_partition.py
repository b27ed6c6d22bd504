"""How many generators a plan asks for."""

from __future__ import annotations

import os

import pytest

from loadtest.generator.partition import enough
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from tests.unit.loadtest.generator.builders import visitors


@pytest.mark.parametrize(
    ("level", "scale", "generators"),
    [
        ("L0", 0.1, 1),
        ("L0", 1.0, 1),
        ("L1", 1.0, 2),
        ("L3", 1.0, 10),
        ("storm", 1.0, 5),
        ("batch-night", 1.0, 1),
        ("day", 1.0, 3),
    ],
)
def test_the_more_there_is_to_do_the_more_generators(
    monkeypatch: pytest.MonkeyPatch, level: str, scale: float, generators: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert enough(Plan(LEVELS[level], 60.0, scale, 1), visitors(20)) == generators


def test_a_core_has_one_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert enough(Plan(LEVELS["L3"], 60.0, 1.0, 1), visitors(20)) == 2


def test_each_has_somebody_to_bring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert enough(Plan(LEVELS["L3"], 60.0, 1.0, 1), visitors(4)) == 4
