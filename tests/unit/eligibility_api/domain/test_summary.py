"""The summary for emergencies (rule W13): what it shows of each resource, and how far back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.emergency_summary import EMERGENCY_SUMMARY, Reach
from eligibility_api.contract.history import HistoryResource, Origin
from eligibility_api.contract.treatment_kinds import TREATMENT_KINDS, TreatmentKind
from eligibility_api.domain.summary import first_day, in_summary
from loadtest.model.summary import is_shown

TODAY = date(2026, 11, 30)
MEDICATIONS, TREATMENTS = HistoryResource.MEDICATIONS, HistoryResource.TREATMENTS
SURGERIES, CHECKUPS = HistoryResource.SURGERIES, HistoryResource.HEALTH_CHECKUPS


@pytest.mark.parametrize(
    ("reach", "today", "first"),
    [
        (Reach(months=3), date(2026, 11, 30), date(2026, 8, 30)),
        (Reach(months=3), date(2026, 5, 31), date(2026, 2, 28)),
        (Reach(months=3), date(2028, 5, 31), date(2028, 2, 29)),
        (Reach(months=3), date(2026, 1, 15), date(2025, 10, 15)),
        (Reach(months=60), date(2024, 2, 29), date(2019, 2, 28)),
        (Reach(days=45), date(2026, 11, 30), date(2026, 10, 16)),
        (Reach(days=1), date(2026, 3, 1), date(2026, 2, 28)),
    ],
)
def test_the_first_day_is_months_or_days_before(reach: Reach, today: date, first: date) -> None:
    """Rule W13."""
    assert first_day(reach, today) == first


@pytest.mark.parametrize(
    ("resource", "kind", "first"),
    [
        (MEDICATIONS, Origin.CLAIM, date(2026, 8, 30)),
        (MEDICATIONS, Origin.PRESCRIPTION, date(2026, 10, 16)),
        (MEDICATIONS, Origin.DISPENSING, date(2026, 10, 16)),
        (MEDICATIONS, Origin.ON_SITE, date(2026, 10, 16)),
        (TREATMENTS, TreatmentKind.VISIT, date(2026, 8, 30)),
        (TREATMENTS, TreatmentKind.DIALYSIS, date(2021, 11, 30)),
        (TREATMENTS, TreatmentKind.HAEMOFILTRATION, date(2021, 11, 30)),
        (TREATMENTS, TreatmentKind.PERITONEAL_DIALYSIS, date(2021, 11, 30)),
        (SURGERIES, TreatmentKind.SURGERY, date(2021, 11, 30)),
        (CHECKUPS, "health-checkup", date(2021, 11, 30)),
    ],
)
def test_a_row_is_shown_from_its_first_day_on(resource: HistoryResource, kind: str, first: date) -> None:
    """Rule W13."""
    before = date.fromordinal(first.toordinal() - 1)
    assert in_summary(resource, kind, first, first.replace(day=1), TODAY)
    assert not in_summary(resource, kind, before, before.replace(day=1), TODAY)
    # A claim without days counts by its month.
    assert in_summary(resource, kind, None, first.replace(day=1), TODAY)
    month_before = first.replace(day=1).toordinal() - 1
    assert not in_summary(resource, kind, None, date.fromordinal(month_before).replace(day=1), TODAY)


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        (TREATMENTS, TreatmentKind.MEDICAL_MANAGEMENT),
        (TREATMENTS, TreatmentKind.IMAGING),
        (TREATMENTS, TreatmentKind.SURGERY),
        (SURGERIES, TreatmentKind.VISIT),
        (HistoryResource.DIAGNOSES, "anything"),
    ],
)
def test_what_is_not_listed_is_not_shown(resource: HistoryResource, kind: str) -> None:
    """Rule W13."""
    assert not in_summary(resource, kind, TODAY, TODAY.replace(day=1), TODAY)


def test_the_table_names_origins_and_kinds_that_exist() -> None:
    """Rule W13."""
    assert set(EMERGENCY_SUMMARY[MEDICATIONS]) == set(Origin)
    named = set(EMERGENCY_SUMMARY[TREATMENTS]) | set(EMERGENCY_SUMMARY[SURGERIES])
    assert named <= set(TREATMENT_KINDS)
    reaches = [reach for kinds in EMERGENCY_SUMMARY.values() for reach in kinds.values()]
    assert all((reach.months > 0) != (reach.days > 0) for reach in reaches)
    assert all(reach.months <= 60 for reach in reaches)


KINDS = sorted({*Origin, *TREATMENT_KINDS, "health-checkup", "anything"})
todays = st.dates(date(2024, 1, 1), date(2032, 12, 31))
months_or_days_back = st.integers(0, 63 * 31) | st.sampled_from([44, 45, 46]) | st.integers(88, 93)


@given(
    resource=st.sampled_from(HistoryResource),
    kind=st.sampled_from(KINDS),
    today=todays | st.sampled_from([date(2028, 2, 29), date(2026, 5, 31), date(2026, 3, 31)]),
    back=months_or_days_back,
    dated=st.booleans(),
)
def test_a_row_is_shown_as_by_the_reference_model(
    resource: HistoryResource, kind: str, today: date, back: int, dated: bool
) -> None:
    """Rule W13."""
    day = date.fromordinal(today.toordinal() - back)
    on, month = (day if dated else None), day.replace(day=1)
    assert in_summary(resource, kind, on, month, today) is is_shown(resource.value, kind, on, month, today)


@pytest.mark.parametrize(
    ("resource", "kind", "months"),
    [
        (r, k, reach.months)
        for r, kinds in EMERGENCY_SUMMARY.items()
        for k, reach in kinds.items()
        if reach.months
    ],
)
@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2026, 5, 31), date(2026, 3, 30), date(2026, 1, 1)])
def test_the_reference_model_begins_on_the_same_day(
    resource: HistoryResource, kind: str, months: int, today: date
) -> None:
    """Rule W13: at the border, which random days seldom hit."""
    first = first_day(Reach(months=months), today)
    for day, shown in ((first, True), (date.fromordinal(first.toordinal() - 1), False)):
        assert is_shown(resource.value, kind, day, day.replace(day=1), today) is shown
