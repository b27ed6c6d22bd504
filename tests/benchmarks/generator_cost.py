"""The generator's cost: `python -m tests.benchmarks.generator_cost`.

Of a request: FastAPI's smallest route is requested by Locust's FastHttpUser and by the laboratory's own HTTP client. Of
a check, with all that follows it: the mix of L1 goes to a fund that answers every request with the same bytes. Each in
a separate process, since Locust patches the process that imports it; what is printed is that process's processor time.
Of a check also the part of the cards' signatures, as many of them made alone.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

REQUESTS, CHECKS, AT_A_TIME = 10_000, 3_000, 16
SIGNATURES_OF_A_TAP = 2


def by_locust(url: str) -> float:
    """Processor seconds of a request by one Locust user."""
    from locust import FastHttpUser
    from locust.env import Environment

    class User(FastHttpUser):
        host = url

    user = User(Environment(user_classes=[User], host=url))
    user.client.get("/")
    began = time.process_time()
    for _ in range(REQUESTS):
        user.client.get("/")
    return (time.process_time() - began) / REQUESTS


def by_own_client(url: str) -> float:
    """Processor seconds of a request by one connection of the laboratory's client."""
    import uvloop

    from loadtest.http_client.connection import Connection, request

    async def measure() -> float:
        connection = await Connection.open("127.0.0.1", int(url.rpartition(":")[2]))
        data = request("GET", "/", host="127.0.0.1") + b"\r\n"
        await connection.exchange(data)
        began = time.process_time()
        for _ in range(REQUESTS):
            await connection.exchange(data)
        return time.process_time() - began

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure()) / REQUESTS


def by_checks(url: str) -> float:
    """Processor seconds of a check: the visits of a schedule, some at a time, whatever their instants."""
    import uvloop

    from loadtest.dataset.terminals import sign_in_all
    from loadtest.http_client.pool import ConnectionPool
    from loadtest.scenario.answer_sample import AnswerSample
    from loadtest.scenario.executor import Executor, ScheduledVisit
    from loadtest.scenario.history_check import HistoryChecker
    from loadtest.scenario.levels import LEVELS
    from loadtest.scenario.plan import Plan
    from loadtest.scenario.run_stats import RunStats
    from loadtest.scenario.visits import TerminalClient
    from tests.unit.loadtest.generator.builders import visitors

    plan, population = Plan(LEVELS["L1"], CHECKS / LEVELS["L1"].checks_per_s, 1.0, 1), visitors(50)

    async def measure() -> float:
        executor = Executor(RunStats(), AnswerSample())
        executor.begin()

        async def run(schedule: Iterator[ScheduledVisit]) -> None:
            for visit in schedule:
                await executor._visit(replace(visit, at=executor.now()))

        async with ConnectionPool(url, max_connections=1000, timeout_seconds=600.0) as pool:
            await sign_in_all(pool, population.terminals)
            client = TerminalClient(pool, executor.on_response)
            schedule = plan.schedule(population, client, HistoryChecker())
            began = time.process_time()
            visits = cast(Iterator[ScheduledVisit], schedule)
            await asyncio.gather(*(run(visits) for _ in range(AT_A_TIME)))
            spent = time.process_time() - began
        assert not executor.stats.errors, executor.stats.errors
        return spent / executor.stats.answered

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure())


def by_signatures(_url: str) -> float:
    """Processor seconds of a check's signatures, by the share of taps."""
    from loadtest.dataset.cards import sign
    from loadtest.scenario.levels import LEVELS
    from tests.builders.cards import rsa_key

    key, number = rsa_key(0), 500

    began = time.process_time()
    for _ in range(number):
        sign(key, b"x" * 300)
    return (time.process_time() - began) / number * SIGNATURES_OF_A_TAP * LEVELS["L1"].by_card


REQUEST, CHECK = "a request", "a check"
CLIENTS = {
    "locust": (by_locust, REQUEST),
    "own client": (by_own_client, REQUEST),
    "checks": (by_checks, CHECK),
    "signatures": (by_signatures, CHECK),
}


@contextmanager
def canned_fund() -> Iterator[str]:
    """A fund in a process of its own; returns its address."""
    command = [sys.executable, "-m", "tests.benchmarks.canned_fund"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


def main() -> None:
    """Measure one client in this process, or start a process for each."""
    options = argparse.ArgumentParser(description="The generator's cost of a request and of a check.")
    options.add_argument("--client", choices=list(CLIENTS))
    options.add_argument("--url")
    options.add_argument("--of", choices=[REQUEST, CHECK], help="Measure only this.")
    chosen = options.parse_args()
    if chosen.client is not None:
        measure, unit = CLIENTS[chosen.client]
        print(f"{chosen.client:12}{measure(chosen.url) * 1e6:8.1f} µs {unit}")
        return
    from loadtest.baseline.server import serve

    if chosen.of != CHECK:
        with serve("fastapi", {}) as server:
            _measure_each(server.url, REQUEST)
    if chosen.of != REQUEST:
        with canned_fund() as url:
            _measure_each(url, CHECK)


def _measure_each(url: str, unit: str) -> None:
    for client, (_, of) in CLIENTS.items():
        if of == unit:
            arguments = ["-m", "tests.benchmarks.generator_cost", "--client", client, "--url", url]
            subprocess.run([sys.executable, *arguments], check=True)


if __name__ == "__main__":
    main()
