"""Reads the fund's own counters (`/metrics`), which count what arrived there."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed, request, with_body
from loadtest.http_client.pool import ConnectionPool

_REQUESTS = "shikaku_http_requests_total"
_TIMEOUT_S = 10.0


async def requests_of(url: str, route: str) -> int:
    """The number of requests to a route that all workers of the fund at `url` have answered.

    Raises LoadError if the counters cannot be read.
    """
    async with ConnectionPool(url, max_connections=1, timeout_seconds=_TIMEOUT_S) as pool:
        try:
            reply = await pool.exchange(with_body(request("GET", "/metrics", host=pool.host)))
        except ConnectionFailed as error:
            raise LoadError(f"the fund's metrics cannot be read: {error}") from error
    if reply.status != 200:
        raise LoadError(f"the fund's metrics cannot be read: {reply.status}")
    return count_requests(reply.body.decode(), route)


def count_requests(metrics: str, route: str) -> int:
    """The requests to a route, of whatever status, in Prometheus' text format."""
    return int(
        sum(
            sample.value
            for family in text_string_to_metric_families(metrics)
            for sample in family.samples
            if sample.name == _REQUESTS and sample.labels.get("route") == route
        )
    )
