"""What a request costs the generator: `python -m tests.benchmarks.generator_cost`.

Asks FastAPI's smallest route by Locust's FastHttpUser, and by the laboratory's own line; each in a process of its own,
since Locust changes the process that imports it. Prints processor time of the generator, in microseconds a request.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time

REQUESTS = 10_000


def by_locust(url: str, requests: int) -> float:
    """Processor seconds of so many requests by one user of Locust's."""
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


def by_own_line(url: str, requests: int) -> float:
    """The same by one connection of ours."""
    import uvloop

    from loadtest.http_client.connection import Connection, request

    async def ask() -> float:
        connection = await Connection.open("127.0.0.1", int(url.rpartition(":")[2]))
        data = request("GET", "/", host="127.0.0.1") + b"\r\n"
        await connection.exchange(data)
        began = time.process_time()
        for _ in range(requests):
            await connection.exchange(data)
        return time.process_time() - began

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(ask())


WAYS = {"locust": by_locust, "own line": by_own_line}


def main() -> None:
    """Measure one way in this process, or start a process for each."""
    options = argparse.ArgumentParser(description="What a request costs the generator.")
    options.add_argument("--way", choices=list(WAYS))
    options.add_argument("--url")
    chosen = options.parse_args()
    if chosen.way is not None:
        seconds = WAYS[chosen.way](chosen.url, REQUESTS)
        print(f"{chosen.way:10}{seconds / REQUESTS * 1e6:8.1f} µs a request")
        return
    from loadtest.baseline.server import serve

    with serve("fastapi", {}) as server:
        for way in WAYS:
            words = ["-m", "tests.benchmarks.generator_cost", "--way", way, "--url", server.url]
            subprocess.run([sys.executable, *words], check=True)


if __name__ == "__main__":
    main()
