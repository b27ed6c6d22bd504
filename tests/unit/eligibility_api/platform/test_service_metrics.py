"""The metrics of a service's processes, added up by its owner."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from eligibility_api.platform import service_metrics
from eligibility_api.platform.service_metrics import (
    Figures,
    add,
    counts,
    exposition,
    metrics_owner,
    metrics_text,
    own_figures,
    reported_metrics,
)
from eligibility_api.platform.telemetry import DURATION, MISS_STREAKS, REQUESTS, WAITING

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PROCESS = """
import asyncio, sys, uvloop
from eligibility_api.platform.service_metrics import reported_metrics
from eligibility_api.platform.telemetry import DURATION, MISS_STREAKS, REQUESTS

async def main():
    async with reported_metrics():
        MISS_STREAKS.inc(int(sys.argv[1]))
        REQUESTS.labels("/of-" + sys.argv[1], "200", "").inc()
        DURATION.labels("/of-" + sys.argv[1]).observe(0.03)
        print("counted", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""
"""Counts as many streaks as its argument says, and ends when its standard input does."""


@contextmanager
def process(count: int) -> Iterator[subprocess.Popen[str]]:
    """A process of the service that has counted."""
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "counted\n"
        yield running


def streaks(text: bytes) -> int:
    [value] = re.findall(rb"^shikaku_lookup_miss_streaks_total ([\d.]+)$", text, re.MULTILINE)
    return int(float(value))


async def counted(at_least: int) -> bytes:
    """The service's metrics once so many streaks were reported: a process needs a moment to connect."""
    async with asyncio.timeout(30):
        while streaks(text := await metrics_text()) < at_least:
            await asyncio.sleep(0.01)
    return text


async def test_the_figures_of_all_processes_are_added_up() -> None:
    own = streaks(exposition(own_figures()))
    with metrics_owner(), process(3), process(4):
        text = await counted(own + 7)
    assert streaks(text) == own + 7
    for route in (b"/of-3", b"/of-4"):
        assert b'shikaku_http_requests_total{code="",route="%s",status="200"} 1.0' % route in text
        buckets = re.findall(rb'duration_seconds_bucket{le="([^"]+)",route="%s"} ([\d.]+)' % route, text)
        assert [float(count) for _, count in buckets] == [0.0] * 5 + [1.0] * 8
        assert [le for le, _ in buckets][-1] == b"+Inf"


async def test_what_an_ended_process_counted_stays() -> None:
    own = streaks(exposition(own_figures()))
    with metrics_owner():
        with process(5):
            await counted(own + 5)
        with process(6):
            assert streaks(await counted(own + 11)) == own + 11


async def test_what_a_killed_process_had_reported_stays() -> None:
    own = streaks(exposition(own_figures()))
    with metrics_owner():
        with process(5) as victim:
            await counted(own + 5)
            victim.kill()
        assert streaks(await metrics_text()) == own + 5


async def test_a_process_that_ends_in_order_reports_its_last_figures_unasked() -> None:
    own = streaks(exposition(own_figures()))
    with metrics_owner():
        with process(8):
            pass
        assert streaks(await counted(own + 8)) == own + 8


async def test_a_stopped_process_delays_the_metrics_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_metrics, "_ANSWER_SECONDS", 0.2)
    own = streaks(exposition(own_figures()))
    with metrics_owner(), process(2) as stopped:
        await counted(own + 2)
        stopped.send_signal(19)
        assert streaks(await metrics_text()) == own + 2
        stopped.send_signal(18)


async def test_a_process_outside_of_a_service_reports_its_own_figures() -> None:
    async with reported_metrics():
        before = streaks(await metrics_text())
        MISS_STREAKS.inc()
        assert streaks(await metrics_text()) == before + 1


async def test_an_owner_that_cannot_listen_leaves_each_process_its_own_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    class Socket(socket.socket):
        bind = full

    monkeypatch.setattr("socket.socket", Socket)
    with metrics_owner():
        assert "FUND_METRICS_ADDRESS" not in os.environ
        assert b"shikaku_lookup_miss_streaks_total" in await metrics_text()


async def test_an_ended_owner_is_an_error_and_no_endless_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUND_METRICS_ADDRESS", "nobody-listens-here")
    started = time.monotonic()
    with pytest.raises(OSError, match="refused"):
        await metrics_text()
    async with reported_metrics():
        await asyncio.sleep(0)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\n",
        b"report\n",
        b"report\nno json\n",
        b"report\n[[1]]\n",
        b"report\n{}\n",
        b"report\n[" * 3,
        b"\xff" * 70_000,
    ],
)
async def test_malformed_reports_are_ignored(sent: bytes) -> None:
    with metrics_owner(), socket.socket(socket.AF_UNIX) as peer:
        peer.connect("\0" + os.environ["FUND_METRICS_ADDRESS"])
        peer.sendall(sent)
        peer.shutdown(socket.SHUT_WR)
        await metrics_text()
        assert streaks(await metrics_text()) == streaks(exposition(own_figures()))


async def test_another_users_process_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    with metrics_owner(), pytest.raises(ConnectionError):
        await metrics_text()


def test_figures_add_up_by_metric_sample_and_labels() -> None:
    key, other = ("a", "a_total", (("route", "/x"),)), ("a", "a_total", (("route", "/y"),))
    total: Figures = {key: 1.0}
    add(total, {key: 2.0, other: 4.0})
    assert total == {key: 3.0, other: 4.0}


def test_a_gauge_ends_with_its_process_and_a_count_stays() -> None:
    WAITING.set(7)
    DURATION.labels("/gauge").observe(1)
    kept = {metric for metric, _, _ in counts(own_figures())}
    assert "shikaku_http_requests_waiting" in {metric for metric, _, _ in own_figures()}
    assert "shikaku_http_requests_waiting" not in kept
    assert {"shikaku_http_request_duration_seconds", "shikaku_lookup_miss_streaks"} <= kept
    WAITING.set(0)


def test_no_figure_has_the_start_of_a_process() -> None:
    REQUESTS.labels("/begun", "200", "").inc()
    DURATION.labels("/begun").observe(1)
    assert [sample for _, sample, _ in own_figures() if sample.endswith("_created")] == []
    assert b"_created" not in exposition(own_figures())
