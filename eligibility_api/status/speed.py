"""The speed of the last hour, from histograms that only grow: read once a minute, and compared with an hour ago."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from prometheus_client.parser import text_string_to_metric_families

from eligibility_api.contract.notice import Speed

CARD_ROUTE = "/v1/eligibility/card"
NUMBER_ROUTE = "/v1/eligibility/number"
SAMPLE_SECONDS = 60.0
_SAMPLES = 61
_METRIC = "shikaku_http_request_duration_seconds"

Buckets = Mapping[float, float]
"""The number of requests up to each duration in seconds; the last one is infinite."""


def read_buckets(exposition: str) -> dict[str, dict[float, float]]:
    """The buckets of both routes in the metrics (Prometheus' text format); none of a route without requests."""
    found: dict[str, dict[float, float]] = {CARD_ROUTE: {}, NUMBER_ROUTE: {}}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples if family.name == _METRIC else ():
            if sample.name.endswith("_bucket") and sample.labels["route"] in found:
                found[sample.labels["route"]][float(sample.labels["le"])] = sample.value
    return found


def speed(former: Buckets, latter: Buckets) -> Speed:
    """The speed of the requests that `latter` has more than `former`."""
    grown = sorted((bound, count - former.get(bound, 0.0)) for bound, count in latter.items())
    requests = int(grown[-1][1]) if grown else 0

    def bound_of(part: float) -> float | None:
        if requests <= 0:
            return None
        bound = next(bound for bound, count in grown if count >= part * requests)
        return bound if bound < inf else None

    return Speed(requests=max(requests, 0), p50_seconds=bound_of(0.5), p99_seconds=bound_of(0.99))


@dataclass(slots=True)
class LastHour:
    """The samples of the last hour, one a minute."""

    _samples: deque[tuple[float, dict[str, dict[float, float]]]] = field(
        default_factory=lambda: deque(maxlen=_SAMPLES)
    )

    def is_due(self, now: float) -> bool:
        """Whether the next sample is to be taken. `now`: monotonic seconds."""
        return not self._samples or now - self._samples[-1][0] >= SAMPLE_SECONDS

    def add(self, now: float, exposition: str) -> None:
        """Take a sample."""
        self._samples.append((now, read_buckets(exposition)))

    @property
    def seconds(self) -> int:
        """The time that the samples cover."""
        return int(self._samples[-1][0] - self._samples[0][0]) if self._samples else 0

    def of(self, route: str) -> Speed:
        """The speed of a route over that time."""
        if not self._samples:
            return speed({}, {})
        return speed(self._samples[0][1][route], self._samples[-1][1][route])
