"""The generator's cost of a request: `python -m tests.benchmarks.generator_cost`.

Requests FastAPI's smallest route by Locust's FastHttpUser and by the laboratory's own HTTP client, each in a
separate process, since Locust patches the process that imports it. Prints the generator's processor time in
microseconds a request.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time

REQUESTS = 10_000


def by_locust(url: str, requests: int) -> float:
    """Processor seconds of so many requests by one Locust user."""
    from locust import FastHttpUser
    from locust.env import Environment

    class User(FastHttpUser):
        host = url

    user = User(Environment(user_classes=[User], host=url))
    user.client.get("/")
    began = time.process_time()
    for _ in range(requests):
        user.client.get("/")
    return time.process_time() - began


def by_own_client(url: str, requests: int) -> float:
    """Processor seconds of so many requests by one connection of the laboratory's client."""
    import uvloop

    from loadtest.http_client.connection import Connection, request

    async def measure() -> float:
        connection = await Connection.open("127.0.0.1", int(url.rpartition(":")[2]))
        data = request("GET", "/", host="127.0.0.1") + b"\r\n"
        await connection.exchange(data)
        began = time.process_time()
        for _ in range(requests):
            await connection.exchange(data)
        return time.process_time() - began

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure())


CLIENTS = {"locust": by_locust, "own client": by_own_client}


def main() -> None:
    """Measure one client in this process, or start a process for each."""
    options = argparse.ArgumentParser(description="The generator's cost of a request.")
    options.add_argument("--client", choices=list(CLIENTS))
    options.add_argument("--url")
    chosen = options.parse_args()
    if chosen.client is not None:
        seconds = CLIENTS[chosen.client](chosen.url, REQUESTS)
        print(f"{chosen.client:12}{seconds / REQUESTS * 1e6:8.1f} µs a request")
        return
    from loadtest.baseline.server import serve

    with serve("fastapi", {}) as server:
        for client in CLIENTS:
            arguments = ["-m", "tests.benchmarks.generator_cost", "--client", client, "--url", server.url]
            subprocess.run([sys.executable, *arguments], check=True)


if __name__ == "__main__":
    main()
