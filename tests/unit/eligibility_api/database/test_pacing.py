"""A job rests after each step, the longer, the more requests are running."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.database.pacing import MAX_REST_SECONDS, Pacer, rest_seconds

SECONDS = st.floats(0, 1_000, allow_nan=False)
RUNNING = st.integers(0, 1_000)
SHARES = st.floats(0, 10)


@pytest.mark.parametrize(
    ("took", "running", "ratio", "rest"),
    [
        (0.1, 0, 0.0, 0.0),
        (0.1, 1, 0.0, 0.1),
        (0.1, 4, 0.0, 0.4),
        (0.1, 9, 0.0, 0.9),
        (0.1, 16, 0.0, MAX_REST_SECONDS),
        (0.0, 16, 0.75, 0.0),
        (0.1, 0, 0.75, 0.075),
        (0.1, 1, 0.75, 0.175),
        (5.0, 1, 0.0, MAX_REST_SECONDS),
        # A clock that was set back, and a count that cannot be.
        (-1.0, 4, 0.0, 0.0),
        (0.1, -1, 0.0, 0.0),
    ],
)
def test_the_rest_grows_with_the_step_and_the_running_requests(
    took: float, running: int, ratio: float, rest: float
) -> None:
    assert rest_seconds(took, running, min_ratio=ratio) == pytest.approx(rest)


@given(took=SECONDS, running=RUNNING, ratio=SHARES)
def test_a_rest_is_never_negative_and_never_longer_than_a_second(
    took: float, running: int, ratio: float
) -> None:
    assert 0 <= rest_seconds(took, running, min_ratio=ratio) <= MAX_REST_SECONDS


@given(took=SECONDS, running=RUNNING, ratio=SHARES, more=RUNNING)
def test_more_running_requests_never_shorten_a_rest(
    took: float, running: int, ratio: float, more: int
) -> None:
    assert rest_seconds(took, running + more, min_ratio=ratio) >= rest_seconds(took, running, min_ratio=ratio)


@given(took=st.floats(0.001, 0.05), running=st.integers(1, 16))
def test_a_job_takes_its_share_among_the_running_requests(took: float, running: int) -> None:
    rest = rest_seconds(took, running)
    assert took / (took + rest) == pytest.approx(1 / (running + 1))


def test_a_step_is_measured_by_the_given_clock() -> None:
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    pacer = Pacer(now=lambda: 12.5, sleep=sleep)
    asyncio.run(pacer.rest(12.25, 2))
    asyncio.run(pacer.rest(12.25, 0))
    assert rests == [0.5, 0.0]
