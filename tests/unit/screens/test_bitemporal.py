"""The picture on both time axes: where its rectangles stand, and what held on a day as known at an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.bitemporal import MAX_BANDS, WIDTH, BitemporalPicture, KnownPeriod, draw, found_at

FIRST, SECOND, NOW = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 11, 12))
JOINED, LEFT = date(2020, 4, 1), date(2026, 10, 21)
OPEN = KnownPeriod(JOINED, None, FIRST, SECOND, "open")
ENDED = KnownPeriod(JOINED, LEFT, SECOND, None, "ended")


def picture(*periods: KnownPeriod, day: date = LEFT, known: datetime = NOW) -> BitemporalPicture:
    drawn = draw(periods, day, known)
    assert drawn is not None
    return drawn


@pytest.mark.parametrize(
    ("day", "known", "label"),
    [
        (date(2026, 10, 15), SECOND, "ended"),
        (date(2026, 10, 15), SECOND - timedelta(seconds=1), "open"),
        (LEFT, SECOND, None),
        (LEFT, FIRST, "open"),
        (JOINED, FIRST, "open"),
        (JOINED - timedelta(days=1), NOW, None),
        (JOINED, FIRST - timedelta(seconds=1), None),
    ],
)
def test_what_held_on_a_day_as_known_at_an_instant(day: date, known: datetime, label: str | None) -> None:
    found = found_at([OPEN, ENDED], day, known)
    assert (found.label if found else None) == label


def test_the_newest_knowledge_is_on_top_and_what_was_replaced_is_marked() -> None:
    old, new = picture(OPEN, ENDED).boxes
    assert (old.ended, old.open, new.ended, new.open) == (True, True, False, False)
    assert new.y + new.height < old.y
    assert old.x == new.x
    assert new.x + new.width < old.x + old.width


def test_the_axes_are_labelled_and_the_cross_is_at_the_chosen_place() -> None:
    drawn = picture(OPEN, ENDED, known=FIRST)
    assert [tick.label for tick in drawn.instants] == ["2026-04-01", "2026-11-01"]
    assert 2 <= len(drawn.days) <= 8
    old = drawn.boxes[0]
    assert old.y < drawn.cross_y < old.y + old.height
    new = drawn.boxes[1]
    assert drawn.cross_x == pytest.approx(new.x + new.width)


def test_without_periods_there_is_no_picture() -> None:
    assert draw([], LEFT, NOW) is None


def test_a_long_history_shows_its_newest_bands() -> None:
    periods = [
        KnownPeriod(JOINED, None, FIRST + timedelta(days=n), FIRST + timedelta(days=n + 1), str(n))
        for n in range(40)
    ]
    drawn = picture(*periods)
    assert len(drawn.instants) == MAX_BANDS
    assert [box.label for box in drawn.boxes] == [str(n) for n in range(40 - MAX_BANDS + 1, 40)]


DAYS = st.dates(date(1930, 1, 1), date(2060, 1, 1))
INSTANTS = st.integers(0, 4_000).map(lambda hours: FIRST + timedelta(hours=hours))


@st.composite
def periods(draw_: st.DrawFn) -> KnownPeriod:
    first, known = draw_(DAYS), draw_(INSTANTS)
    end = draw_(st.none() | st.integers(1, 30_000).map(lambda days: first + timedelta(days=days)))
    until = draw_(st.none() | st.integers(1, 3_000).map(lambda days: known + timedelta(days=days)))
    return KnownPeriod(first, end, known, until)


@given(st.lists(periods(), min_size=1, max_size=20), DAYS, INSTANTS)
def test_everything_stays_inside_the_picture(some: list[KnownPeriod], day: date, known: datetime) -> None:
    drawn = picture(*some, day=day, known=known)
    assert 1 <= len(drawn.instants) <= MAX_BANDS
    for box in drawn.boxes:
        assert drawn.left <= box.x <= box.x + box.width <= WIDTH + 2
        assert 0 <= box.y < box.y + box.height <= drawn.bottom
    assert drawn.left <= drawn.cross_x <= WIDTH
    assert 0 <= drawn.cross_y <= drawn.bottom
