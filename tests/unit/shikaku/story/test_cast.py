"""The cast: memberships are consistent on every day, and every scene has its card."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shikaku.stack import INSURER_NUMBER
from shikaku.story.cast import SCENES, SECOND_INSURER_NUMBER, Scene, roles
from shikaku.story.reception import TapResult

DAYS = st.dates(date(2020, 1, 1), date(2100, 12, 31))


def result(scene: Scene, **changes: object) -> TapResult:
    insurers = (scene.insurer_number,) if scene.insurer_number else ()
    values = {
        "exit_code": scene.exit_code,
        "answer": scene.answer,
        "insurer_numbers": insurers,
        "headline": ("any", "any"),
        "details": (),
        "milliseconds": 1.0,
    }
    return TapResult(scene, **(values | changes))  # type: ignore[arg-type]


@given(DAYS)
def test_memberships_begin_before_they_end_and_end_by_today(today: date) -> None:
    for role in roles(today):
        for membership in role.memberships:
            assert membership.acquired_on < (membership.lost_on or today) <= today


@given(DAYS)
def test_changing_jobs_leaves_no_uninsured_day(today: date) -> None:
    [moved] = [role for role in roles(today) if role.name == "moved"]
    old, new = moved.memberships
    assert old.lost_on == new.acquired_on == today - timedelta(days=1)
    assert (old.insurer_number, new.insurer_number) == (INSURER_NUMBER, SECOND_INSURER_NUMBER)


def test_every_scene_has_a_card() -> None:
    assert {scene.card for scene in SCENES} == {role.name for role in roles(date(2026, 1, 1))}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.title.split("\n")[-1])
def test_only_the_complete_expected_answer_passes(scene: Scene) -> None:
    assert result(scene).as_expected
    assert not result(scene, exit_code=40).as_expected
    assert not result(scene, answer="other").as_expected
    assert not result(scene, insurer_numbers=("00000000",)).as_expected
