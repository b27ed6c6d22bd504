"""Bands of periods: places along the days, edges, labels that wrap, months that have room."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from screens.bands import LEFT, Band, band_picture

FIRST, END, TODAY = date(2026, 1, 1), date(2026, 4, 11), date(2026, 3, 1)
SPAN = (END - FIRST).days


def test_a_period_lies_at_its_share_of_the_days() -> None:
    picture = band_picture([Band("a", [(date(2026, 1, 11), date(2026, 1, 21))])], FIRST, END, TODAY)
    (box,) = picture.bands[0].boxes
    width = band_picture([Band("a", [(FIRST, END)])], FIRST, END, TODAY).bands[0].boxes[0].width
    assert box.x == pytest.approx(LEFT + width * 10 / SPAN, abs=0.1)
    assert box.width == pytest.approx(width * 10 / SPAN, abs=0.1)


@pytest.mark.parametrize(
    ("period", "boxes"),
    [
        ((date(2025, 12, 1), date(2026, 1, 1)), 0),
        ((date(2025, 12, 1), date(2026, 1, 2)), 1),
        ((END, date(2026, 5, 1)), 0),
        ((date(2026, 4, 10), date(2027, 1, 1)), 1),
    ],
)
def test_what_is_outside_is_cut_off_at_the_edges(period: tuple[date, date], boxes: int) -> None:
    bands = band_picture([Band("a", [period])], FIRST, END, TODAY).bands
    assert len(bands[0].boxes) == boxes
    for box in bands[0].boxes:
        assert box.x >= LEFT
        assert box.width >= 4, "one day is visible"


def test_bands_do_not_overlap_however_long_their_labels_are() -> None:
    picture = band_picture([Band("見本" * 20, []), Band("a", []), Band("b" * 100, [])], FIRST, END, TODAY)
    for one, following in pairwise(picture.bands):
        assert one.y + 18 * len(one.lines) < following.y
    last = picture.bands[-1]
    assert last.y + 18 * len(last.lines) < picture.height


@pytest.mark.parametrize("end", [date(2026, 2, 1), END, date(2027, 1, 1), date(2031, 1, 1)])
def test_months_on_the_axis_do_not_collide(end: date) -> None:
    ticks = band_picture([], FIRST, end, TODAY).ticks
    assert ticks[0].label == "2026-01"
    assert all(following.at - one.at > 60 for one, following in pairwise(ticks))


@pytest.mark.parametrize(("today", "drawn"), [(FIRST, True), (END, False), (date(2025, 1, 1), False)])
def test_today_is_drawn_where_it_is_inside(today: date, drawn: bool) -> None:
    assert (band_picture([], FIRST, END, today).today is not None) is drawn
