"""The fund's counters, read from its metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from loadtest.errors import LoadError
from loadtest.faults import fund_metrics
from loadtest.faults.fund_metrics import count_requests, requests_of
from loadtest.http_client.connection import ConnectionFailed, Reply
from tests.unit.loadtest.faults.builders import FakePool

METRICS = """# HELP shikaku_http_requests_total HTTP requests by route, status and error code.
# TYPE shikaku_http_requests_total counter
shikaku_http_requests_total{route="/v1/token",status="200",code=""} 5.0
shikaku_http_requests_total{route="/v1/token",status="503",code="overloaded"} 2.0
shikaku_http_requests_total{route="/v1/eligibility/card",status="200",code=""} 9.0
# HELP shikaku_http_connections Connections of clients that are open at the workers.
# TYPE shikaku_http_connections gauge
shikaku_http_connections 3.0
"""


@pytest.mark.parametrize(
    ("route", "count"), [("/v1/token", 7), ("/v1/eligibility/card", 9), ("/v1/nowhere", 0)]
)
def test_the_requests_of_a_route_are_added_up_over_all_answers(route: str, count: int) -> None:
    assert count_requests(METRICS, route) == count


def read(monkeypatch: pytest.MonkeyPatch, answer: Callable[[bytes], Reply]) -> int:
    monkeypatch.setattr(fund_metrics, "ConnectionPool", lambda *_, **__: FakePool(answer))
    return asyncio.run(requests_of("http://127.0.0.1:1", "/v1/token"))


def test_they_are_read_from_the_funds_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def answer(data: bytes) -> Reply:
        asked.append(data)
        return Reply(200, METRICS.encode())

    assert read(monkeypatch, answer) == 7
    assert asked[0].startswith(b"GET /metrics ")


def cut(_: bytes) -> Reply:
    raise ConnectionFailed("connection cut")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(lambda _: Reply(503, b""), "503"), (cut, "connection cut")],
    ids=["refused", "cut"],
)
def test_metrics_that_cannot_be_read_end_the_run(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[bytes], Reply], reason: str
) -> None:
    with pytest.raises(LoadError, match=reason):
        read(monkeypatch, answer)
