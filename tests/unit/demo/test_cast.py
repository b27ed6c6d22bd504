"""The demo's people: whatever day it is, their memberships make sense, and every scene has its card."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.cast import SCENES, SECOND_INSURER_NUMBER, Scene, roles
from demo.house import INSURER_NUMBER
from demo.story import Seen

DAYS = st.dates(date(2020, 1, 1), date(2100, 12, 31))


def seen(scene: Scene, **otherwise: object) -> Seen:
    insurers = (scene.insurer_number,) if scene.insurer_number else ()
    values = {
        "exit_code": scene.exit_code,
        "answer": scene.answer,
        "insurer_numbers": insurers,
        "headline": "any",
        "details": (),
        "milliseconds": 1.0,
    }
    return Seen(scene, **(values | otherwise))  # type: ignore[arg-type]


@given(DAYS)
def test_memberships_begin_before_they_end_and_end_by_today(today: date) -> None:
    for role in roles(today):
        for membership in role.memberships:
            assert membership.acquired_on < (membership.lost_on or today) <= today


@given(DAYS)
def test_who_changed_jobs_is_insured_every_day(today: date) -> None:
    [moved] = [role for role in roles(today) if role.name == "moved"]
    old, new = moved.memberships
    assert old.lost_on == new.acquired_on == today - timedelta(days=1)
    assert (old.insurer_number, new.insurer_number) == (INSURER_NUMBER, SECOND_INSURER_NUMBER)


def test_every_scene_has_a_card() -> None:
    assert {scene.card for scene in SCENES} == {role.name for role in roles(date(2026, 1, 1))}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.title.split("\n")[-1])
def test_only_the_whole_expected_answer_counts(scene: Scene) -> None:
    assert seen(scene).as_expected
    assert not seen(scene, exit_code=40).as_expected
    assert not seen(scene, answer="other").as_expected
    assert not seen(scene, insurer_numbers=("00000000",)).as_expected
