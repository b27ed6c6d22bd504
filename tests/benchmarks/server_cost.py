"""Processor time of the server around a small request, of two versions: `python -m tests.benchmarks.server_cost BEFORE AFTER`.

BEFORE and AFTER are checkouts with a `.venv` each. Each serves `POST /v1/presence/challenges`, the cheapest request of
a tap, which uses no database, in a process of its own over one persistent connection; short rounds alternate. Printed
are the medians of the processor time per request, and their difference and ratio over all pairs of rounds with the
interval that holds the true median with a probability of at least 95 %.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from statistics import median

from tests.benchmarks.compare_versions import interval

_BODY = b'{"purpose": "eligibility"}'

_SERVER = """
import asyncio, socket, sys, tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID
import structlog, uvicorn
from eligibility_api import serve
from eligibility_api.app import build
from eligibility_api.audit_log.refusals import RefusalLog
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.tokens import Tokens
from eligibility_api.contract.codes import Right
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.state import State

clock = lambda: datetime.now(UTC)
with tempfile.TemporaryDirectory() as home:
    settings, keys = Settings(home=Path(home)), load_keys(KeyFiles.below(Path(home)))
tokens = Tokens(keys.token, settings.audience, 300)
verifier = SimpleNamespace(audience=settings.audience, keys=keys.challenge)
state = State(settings, clock, keys, None, tokens, verifier, None, RefusalLog(clock))

@asynccontextmanager
async def opened():
    yield state

config = serve._config("127.0.0.1", 0, 1, sandbox=False)
config.app, config.factory = build(opened), False
listening = socket.create_server(("127.0.0.1", 0))
set_up_logging()
token = tokens.issue(Caller(UUID(int=1), "1311111114", None, frozenset(Right)), clock())
print(listening.getsockname()[1], token, flush=True)
sys.stderr = open("/dev/null", "w")
set_up_logging()
uvicorn.Server(config).run(sockets=[listening])
"""


class Version:
    """A running server of one checkout."""

    def __init__(self, pid: int, port: int, token: str) -> None:
        self._schedstat = Path(f"/proc/{pid}/schedstat")
        self._port = port
        self._request = (
            b"POST /v1/presence/challenges HTTP/1.1\r\nHost: fund\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b" % (token.encode(), len(_BODY), _BODY)
        )

    def measure(self, requests: int) -> float:
        """Microseconds of processor time per request, over a new connection: the server ends idle ones."""
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            self._send(connection, 1)
            return self._measure(connection, requests)

    def _measure(self, connection: socket.socket, requests: int) -> float:
        began = int(self._schedstat.read_text().split()[0])
        self._send(connection, requests)
        return (int(self._schedstat.read_text().split()[0]) - began) / requests / 1000

    def _send(self, connection: socket.socket, requests: int) -> None:
        for _ in range(requests):
            connection.sendall(self._request)
            answer = connection.recv(65_536)
            while answer and not answer.endswith(b"}"):
                answer += connection.recv(65_536)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(answer.decode() or "the server ended the connection")


@contextmanager
def version(checkout: Path) -> Iterator[Version]:
    """Start a server, and end it."""
    process = subprocess.Popen(
        [checkout / ".venv/bin/python", "-c", _SERVER], cwd=checkout, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port, token = process.stdout.readline().split()
        yield Version(process.pid, int(port), token)
    finally:
        process.terminate()
        process.wait(timeout=30)


def report(before: Sequence[float], after: Sequence[float]) -> None:
    """Print the figures."""
    differences = [b - a for a, b in zip(before, after, strict=True)]
    ratios = [b / a for a, b in zip(before, after, strict=True)]
    low, high = interval(differences)
    print(f"before {median(before):.1f} µs, after {median(after):.1f} µs")
    print(f"difference {median(differences):+.1f} µs [{low:+.1f}, {high:+.1f}]")
    low, high = interval(ratios)
    print(f"ratio {median(ratios):.3f} [{low:.3f}, {high:.3f}]")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Processor time of a small request, of two versions.")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--requests", type=int, default=500)
    chosen = parser.parse_args()
    random = Random(0)
    with ExitStack() as stack:
        versions = [stack.enter_context(version(path.resolve())) for path in (chosen.before, chosen.after)]
        rounds: list[list[float]] = [[], []]
        for pair in range(chosen.pairs + 1):
            for n in random.sample((0, 1), 2):
                microseconds = versions[n].measure(chosen.requests)
                if pair:  # the first round warms up
                    rounds[n].append(microseconds)
    report(*rounds)


if __name__ == "__main__":
    main()
