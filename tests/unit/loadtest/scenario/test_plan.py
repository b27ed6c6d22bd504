"""The visits of a plan: their times, facilities and patients."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, cast

import pytest

from eligibility_api.contract.batches import MAX_ROWS
from eligibility_api.contract.codes import FacilityKind
from loadtest.dataset.cards import Card
from loadtest.dataset.visitors import Visitors
from loadtest.model.events import Membership
from loadtest.scenario.executor import ScheduledBatch, ScheduledVisit
from loadtest.scenario.levels import LEVELS, NIGHT_ROWS_PER_S, SITES, Level
from loadtest.scenario.plan import Plan
from loadtest.scenario.visits import TerminalClient
from tests.unit.loadtest.dataset.builders import terminal

LARGE, SMALL = terminal(FacilityKind.HOSPITAL, 0.9), terminal(weight=0.1)
MEMBERSHIPS = [Membership("06130017", None, number, None, date(1980, 1, 1)) for number in ("12", "13")]
VISITORS = Visitors([LARGE, SMALL], [Card("R1-00000001", b"", cast(Any, None), 0)], MEMBERSHIPS)


def drawn(level: Level, seconds: float = 10.0, scale: float = 1.0, seed: int = 1) -> list[ScheduledVisit]:
    client = TerminalClient(cast(Any, None), lambda *_: None)
    schedule = Plan(level, seconds, scale, seed).schedule(VISITORS, client)
    return [visit for visit in schedule if isinstance(visit, ScheduledVisit)]


def _is_by_card(visit: ScheduledVisit) -> bool:
    return visit.query is not None and visit.query.person is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    "level", [LEVELS["L0"], LEVELS["L1"], LEVELS["L2"], LEVELS["L3"]], ids=lambda one: one.name
)
def test_a_level_has_its_rate_and_its_share_of_cards(level: Level) -> None:
    visits = drawn(level)
    assert len(visits) == pytest.approx(level.checks_per_s * 10, rel=0.06)
    assert sum(map(_is_by_card, visits)) / len(visits) == pytest.approx(level.by_card, abs=0.03)


def test_scale_multiplies_the_rates() -> None:
    assert len(drawn(LEVELS["L1"], scale=0.1)) == pytest.approx(1210, rel=0.1)


def test_large_facilities_see_more_patients() -> None:
    visits = drawn(LEVELS["L0"])
    at_large = sum(visit.query is not None and visit.query.facility_kind is LARGE.kind for visit in visits)
    assert at_large / len(visits) == pytest.approx(0.9, abs=0.03)


def test_in_a_storm_every_site_signs_in_within_the_minute_after_the_restart() -> None:
    plan = Plan(LEVELS["storm"], 180.0, 0.02, 1)
    visits = drawn(LEVELS["storm"], seconds=180, scale=0.02)
    sign_ins = [visit.at for visit in visits if visit.query is None]
    assert len(sign_ins) == pytest.approx(SITES * 0.02, rel=0.05)
    assert plan.restart_at == 60
    assert min(sign_ins) >= 60
    assert max(sign_ins) < 120
    assert [visit.at for visit in visits] == sorted(visit.at for visit in visits)


def test_a_day_follows_the_curve_of_each_kind_of_facility() -> None:
    visits = drawn(LEVELS["day"], seconds=60.0, scale=0.5)
    assert len(visits) == pytest.approx(LEVELS["day"].checks_per_s * 60 * 0.5, rel=0.06)
    hour = 60.0 / 24
    at_hospital = [
        visit.at / hour
        for visit in visits
        if visit.query is not None and visit.query.facility_kind is FacilityKind.HOSPITAL
    ]
    at_clinic = [
        visit.at / hour
        for visit in visits
        if visit.query is not None and visit.query.facility_kind is FacilityKind.CLINIC
    ]
    assert len(at_hospital) / len(visits) == pytest.approx(0.9, abs=0.02)
    assert min(at_hospital) >= 7
    assert max(at_hospital) < 18
    assert sum(9 <= at < 12 for at in at_clinic) / len(at_clinic) == pytest.approx(0.5, abs=0.06)


def test_a_night_submits_batches_with_its_rate_of_rows() -> None:
    batches = batches_drawn(seconds=600.0)
    assert sum(len(one.queries) for one in batches) == pytest.approx(NIGHT_ROWS_PER_S * 600, rel=0.1)
    assert batches
    assert all(1 <= len(one.queries) <= MAX_ROWS for one in batches)
    facilities = [one.queries[0].facility_kind for one in batches]
    assert facilities[0::2] != facilities[1::2]  # in turn


def batches_drawn(seconds: float) -> list[ScheduledBatch]:
    client = TerminalClient(cast(Any, None), lambda *_: None)
    plan = Plan(LEVELS["batch-night"], seconds, 1.0, 1)
    assert plan.drain_seconds > 60
    return [one for one in plan.schedule(VISITORS, client) if isinstance(one, ScheduledBatch)]


def test_the_same_seed_draws_the_same_visits() -> None:
    def draw(seed: int) -> list[Any]:
        return [
            (visit.at, cast(partial[Any], visit.visit).args) for visit in drawn(LEVELS["L0"], 1.0, seed=seed)
        ]

    assert draw(1) == draw(1) != draw(2)


def test_the_generators_plans_add_up_to_the_plan() -> None:
    plan = Plan(LEVELS["L0"], 10.0, 1.0, 1)
    parts = [plan.for_generator(number, share) for number, share in enumerate((0.7, 0.3))]
    assert sum(part.checks_per_s for part in parts) == pytest.approx(plan.checks_per_s)
    assert plan.for_generator(0, 1.0) == plan
    assert parts[0].seed != parts[1].seed
