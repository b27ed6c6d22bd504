"""Prescriptions and dispensings recorded at once, and the sources that replace them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.domain.history import HistoryRecord
from eligibility_api.domain.provisional import current_entries, valid_entry_days
from tests.builders.known import (
    CLINIC,
    DAY,
    OTHER_CLINIC,
    PHARMACY,
    content,
    dispensing,
    drug,
    known,
    on_site,
    pharmacy,
    prescription,
    registered,
)

NEXT = DAY + timedelta(days=1)
TODAY = date(2026, 6, 1)


def claimed(
    dispensed_on: date = DAY,
    prescribed_on: date = DAY,
    prescriber: str = CLINIC,
    institution: str = PHARMACY,
) -> HistoryRecord:
    """A pharmacy's claim."""
    claimed_content = content(
        drug(dispensed_on=dispensed_on, prescribed_on=prescribed_on), prescriber_code=prescriber
    )
    return pharmacy(claimed_content, institution_code=institution)


def own(day: int, institution: str = CLINIC) -> HistoryRecord:
    """A clinic's claim with a drug that it handed out itself."""
    return known(content(drug(days=((day, 1),))), institution_code=institution)


@pytest.mark.parametrize(
    ("entry", "sources", "shows"),
    [
        (dispensing(), [], True),
        (dispensing(), [claimed()], False),
        (dispensing(), [claimed(dispensed_on=NEXT)], True),
        (dispensing(), [claimed(institution="1340100021")], True),
        (dispensing(), [own(DAY.day)], True),
        (prescription(), [claimed()], False),
        (prescription(), [claimed(dispensed_on=NEXT)], False),
        (prescription(), [claimed(prescribed_on=NEXT)], True),
        (prescription(), [claimed(prescriber=OTHER_CLINIC)], True),
        (prescription(), [own(DAY.day)], False),
        (prescription(), [own(DAY.day + 1)], True),
        (prescription(), [own(DAY.day, OTHER_CLINIC)], True),
        (prescription(), [dispensing(on=NEXT)], False),
        (prescription(), [dispensing(prescriber=OTHER_CLINIC)], True),
        (prescription(), [dispensing(prescribed_on=NEXT, on=NEXT)], True),
        (on_site(), [own(DAY.day)], False),
        (on_site(), [own(DAY.day + 1)], True),
        (on_site(), [own(DAY.day, OTHER_CLINIC)], True),
        (on_site(), [claimed()], True),
        (on_site(), [dispensing()], True),
        (prescription(), [on_site()], True),
    ],
)
def test_a_more_reliable_source_replaces_the_same_institution_and_day(
    entry: HistoryRecord, sources: list[HistoryRecord], shows: bool
) -> None:
    """Rule H6."""
    entries = [entry, *(one for one in sources if one.origin is not Origin.CLAIM)]
    claims = [one for one in sources if one.origin is Origin.CLAIM]
    assert (entry in current_entries(entries, claims, TODAY)) is shows


@pytest.mark.parametrize("entry", [dispensing, prescription, on_site])
@pytest.mark.parametrize("late", [0, 1, 30])
def test_an_entry_shows_for_a_hundred_days_from_its_registration(
    entry: Callable[..., HistoryRecord], late: int
) -> None:
    """Rule H6: not from its own day."""
    one = entry(known_from=registered(DAY + timedelta(days=late)))
    last = DAY + timedelta(days=late + 100)
    assert current_entries([one], [], last) == [one]
    assert current_entries([one], [], last + timedelta(days=1)) == []


@pytest.mark.parametrize(("hour", "shown"), [(14, False), (15, True)])
def test_the_day_of_registration_is_japans(hour: int, shown: bool) -> None:
    """Rules D10, H6: 15:00 UTC is the next day in Japan."""
    one = prescription(known_from=datetime(DAY.year, DAY.month, DAY.day, hour, tzinfo=UTC))
    assert (current_entries([one], [], DAY + timedelta(days=101)) == [one]) is shown


days = st.integers(0, 2).map(lambda ahead: DAY + timedelta(days=ahead))
clinics = st.sampled_from([CLINIC, OTHER_CLINIC])
pharmacies = st.sampled_from([PHARMACY, "1340100021"])
entries_of = st.lists(
    st.one_of(
        st.builds(prescription, days, clinics),
        st.builds(on_site, days, clinics),
        st.builds(
            lambda on, by, prescriber, at: dispensing(on, by, prescriber, institution_code=at),
            days,
            days,
            clinics,
            pharmacies,
        ),
    ),
    max_size=5,
)
claims_of = st.lists(
    st.one_of(
        st.builds(claimed, days, days, clinics, pharmacies),
        st.builds(lambda day, clinic: own(day.day, clinic), days, clinics),
    ),
    max_size=4,
)


def acts(one: HistoryRecord) -> set[tuple[int, str | None, date | None]]:
    """What a source reports: (2) a dispensing, (3) a prescription, (4) an on-site one; by whom and when."""
    found: set[tuple[int, str | None, date | None]] = set()
    for medicine in one.content.drugs:
        if one.setting is CareSetting.PHARMACY:
            found.add((2, one.institution_code, one.dispensed_on or medicine.dispensed_on))
            found.add((3, one.content.prescriber_code, one.prescribed_on or medicine.prescribed_on))
        elif one.origin is Origin.PRESCRIPTION:
            found.add((3, one.institution_code, one.prescribed_on))
        elif one.origin is Origin.ON_SITE:
            found.add((4, one.institution_code, one.dispensed_on))
        else:
            own_days = [one.month.replace(day=day) for day, _ in medicine.days]
            found |= {(kind, one.institution_code, day) for kind in (3, 4) for day in own_days}
    return found


SOURCE = {Origin.CLAIM: 1, Origin.DISPENSING: 2, Origin.PRESCRIPTION: 3, Origin.ON_SITE: 4}


@given(entries_of, claims_of)
def test_no_entry_shows_together_with_a_more_reliable_source(
    entries: list[HistoryRecord], claims: list[HistoryRecord]
) -> None:
    """Rule H6."""
    everything = [*entries, *claims]

    def replaced(entry: HistoryRecord) -> bool:
        source = SOURCE[entry.origin]
        own_act = {act for act in acts(entry) if act[0] == source}
        return any(SOURCE[one.origin] < source and own_act & acts(one) for one in everything)

    expected = [entry for entry in entries if not replaced(entry)]
    assert current_entries(entries, claims, TODAY) == expected


ENTERED_ON = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("prescribed", "dispensed", "fit"),
    [
        (0, None, True),
        (-100, None, True),
        (-101, None, False),
        (1, None, False),
        (0, 0, True),
        (-4, 0, True),
        (0, 1, False),
        (-3, -4, False),
        (-101, 0, False),
        (-100, -100, True),
    ],
)
def test_the_days_of_an_entry_are_in_order_and_recent(
    prescribed: int, dispensed: int | None, fit: bool
) -> None:
    """Rule W11."""
    last = ENTERED_ON + timedelta(days=dispensed) if dispensed is not None else None
    assert valid_entry_days(ENTERED_ON, ENTERED_ON + timedelta(days=prescribed), last) is fit
