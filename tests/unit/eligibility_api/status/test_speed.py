"""The speed of the last hour is what the histograms have grown by."""

from __future__ import annotations

from math import inf

import pytest

from eligibility_api.contract.notice import Speed
from eligibility_api.platform.service_metrics import exposition, own_figures
from eligibility_api.platform.telemetry import DURATION
from eligibility_api.status.speed import CARD_ROUTE, NUMBER_ROUTE, SAMPLE_SECONDS, Buckets, LastHour, speed


@pytest.mark.parametrize(
    ("former", "latter", "expected"),
    [
        ({}, {}, (0, None, None)),
        ({0.1: 5, inf: 5}, {0.1: 5, inf: 5}, (0, None, None)),
        ({}, {0.1: 99, 0.5: 100, inf: 100}, (100, 0.1, 0.1)),
        ({}, {0.1: 98, 0.5: 100, inf: 100}, (100, 0.1, 0.5)),
        ({}, {0.1: 49, 0.5: 98, inf: 100}, (100, 0.5, None)),
        ({0.1: 900, 0.5: 1000, inf: 1000}, {0.1: 900, 0.5: 1010, inf: 1010}, (10, 0.5, 0.5)),
    ],
    ids=["none yet", "none since", "fast", "one slow", "beyond the bounds", "only what is new"],
)
def test_the_speed_is_that_of_the_new_requests(
    former: Buckets, latter: Buckets, expected: tuple[int, float | None, float | None]
) -> None:
    requests, p50, p99 = expected
    assert speed(former, latter) == Speed(requests=requests, p50_seconds=p50, p99_seconds=p99)


def test_an_hour_of_samples_is_kept_and_each_route_has_its_own_speed() -> None:
    hour = LastHour()
    assert (hour.seconds, hour.of(CARD_ROUTE).requests) == (0, 0)
    for minute in range(70):
        assert hour.is_due(minute * SAMPLE_SECONDS)
        hour.add(minute * SAMPLE_SECONDS, exposition(own_figures()).decode())
        assert not hour.is_due(minute * SAMPLE_SECONDS + 59)
        DURATION.labels(CARD_ROUTE).observe(0.03)
        DURATION.labels("/v1/other").observe(3)
    assert hour.seconds == 3600
    assert hour.of(CARD_ROUTE) == Speed(requests=60, p50_seconds=0.05, p99_seconds=0.05)
    assert hour.of(NUMBER_ROUTE).requests == 0
