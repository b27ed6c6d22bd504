"""The picture of medicines: bands by ingredient, those with an overlap first, today's line inside."""

from __future__ import annotations

from datetime import date

from clinic_terminal.pages.history.choice import Choice, Months, all_rows, choose
from clinic_terminal.pages.history.timeline import Timeline, timeline
from clinic_terminal.queries.medicines import Overlaps
from eligibility_api.contract.history import Medications
from tests.builders.clinic import long_history
from tests.builders.clinic.histories import OTHER, group, medications, medicine

TODAY = date(2026, 4, 1)


def drawn(page: Medications) -> Timeline:
    chosen = choose(page, Choice(Months.ALL))
    return timeline(chosen, Overlaps(all_rows(page)), TODAY, lambda days: f"{days} days")


def test_bands_with_an_overlap_come_first_with_their_days_in_words() -> None:
    bands = drawn(long_history.by_ingredient()).picture.bands
    assert len(bands) == 34
    assert "".join(bands[0].lines) == long_history.NAME_OF_40_CHARACTERS
    assert bands[0].text == "9 days"
    assert len(bands[0].shared) == 2
    assert {band.text for band in bands[1:]} == {""}


def test_the_same_ingredient_under_two_dates_is_one_band() -> None:
    assert len(drawn(long_history.by_date()).picture.bands) == 34


def test_a_row_without_a_day_is_counted_and_not_drawn() -> None:
    shown = drawn(medications(group("9900001", medicine(1, on=None), medicine(2))))
    assert shown.without_day == 1
    assert [len(band.boxes) for band in shown.picture.bands] == [1]


def test_a_list_of_which_no_row_has_a_day_has_an_empty_picture() -> None:
    shown = drawn(medications(group("9900001", medicine(1, on=None))))
    assert [len(band.boxes) for band in shown.picture.bands] == [0]


def test_what_is_not_taken_by_mouth_has_its_day_only() -> None:
    oral, injected = (
        medicine(1, times=28),
        medicine(2, act="31", times=28, ingredient_code="9900002", prescriber=OTHER),
    )
    bands = drawn(medications(group("9900001", oral), group("9900002", injected))).picture.bands
    assert bands[0].boxes[0].width > 5 * bands[1].boxes[0].width


def test_a_medicine_without_a_name_has_its_code() -> None:
    bands = drawn(medications(group(None, medicine(1, name=None), name=None))).picture.bands
    assert bands[0].lines == ("990000101",)


def test_a_supply_that_lasts_into_the_future_is_inside() -> None:
    shown = drawn(medications(group("9900001", medicine(1, on=date(2026, 3, 30), times=90)))).picture
    box = shown.bands[0].boxes[0]
    assert shown.today is not None
    assert box.x < shown.today < box.x + box.width <= shown.width
