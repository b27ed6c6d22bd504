"""Latency of honest taps under attack: `python -m tests.benchmarks.attacks --seconds 15`.

Starts the services. Terminals tap at a constant rate: alone, then under each attack in turn, with a pause between. An
attack runs in a process of its own with lower priority, on loopback, from another loopback address than the
terminals', and ends by itself. Prints for each: taps, p50 and p99 in milliseconds, the ratio of the p99 to that without
attack, what the honest terminals were refused with (`503`: with Retry-After, and the slowest such answer), and what
the attacker got.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.fund_caller import FundCaller
from eligibility_api.contract.tokens import Credential
from eligibility_api.processes.process import max_open_files
from tests.benchmarks.tappers import Tappers
from tests.builders.stack import PopulatedStack, populated_stack
from tests.builders.terminal import Terminal

ATTACKER = "127.0.0.66"
TERMINALS = 4
_NICENESS = 5
_PAUSE_SECONDS = 1.0
_UNATTACKED = "none"


@dataclass(frozen=True)
class Target:
    """What is attacked, for how long, and with whose token, if any."""

    host: str
    port: int
    seconds: float
    token: str


Answers = Counter[str]
Attack = Callable[[Target, Answers], Awaitable[None]]
"""One connection of an attacker: it goes on until it is cancelled, and counts the answers."""


def _head(method: str, path: str, token: str | None = None, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: fund", *more]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""]).encode()


async def _connect(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(target.host, target.port, local_addr=(ATTACKER, 0))


def holds(data: bytes) -> Attack:
    """Sends something, then nothing more; connects again when the connection is closed."""

    async def attack(target: Target, answers: Answers) -> None:
        reader, writer = await _connect(target)
        try:
            writer.write(data)
            answers[_status(await reader.read(4096))] += 1
        finally:
            writer.transport.abort()

    return attack


def repeats(data: Callable[[Target], bytes]) -> Attack:
    """Sends a request, and the next one as soon as it is answered."""

    async def attack(target: Target, answers: Answers) -> None:
        reader, writer = await _connect(target)
        try:
            while True:
                writer.write(data(target))
                head = await reader.readuntil(b"\r\n\r\n")
                answers[_status(head)] += 1
                await reader.readexactly(_content_length(head))
        finally:
            writer.transport.abort()

    return attack


def trickles(begin: Callable[[Target], bytes], part: bytes, pause: float) -> Attack:
    """Sends a beginning, and then a part again and again."""

    async def attack(target: Target, answers: Answers) -> None:
        reader, writer = await _connect(target)
        answer = asyncio.ensure_future(reader.read(4096))
        try:
            writer.write(begin(target))
            with suppress(OSError):  # the server may have answered and closed
                while not answer.done():
                    writer.write(part)
                    await writer.drain()
                    await asyncio.wait([answer], timeout=pause)
            answers[_status(await answer)] += 1
        finally:
            answer.cancel()
            writer.transport.abort()

    return attack


async def never_reads(target: Target, answers: Answers) -> None:
    """Requests the largest answer without a token many times, and reads none."""
    _, writer = await _connect(target)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    try:
        while True:
            writer.write(_head("GET", "/openapi.json"))
            await writer.drain()
            await asyncio.sleep(0.5)
            answers["sent"] += 1
    finally:
        writer.transport.abort()


async def keeps_busy(target: Target, answers: Answers) -> None:
    """Sends nothing and only computes: what an attacker's processor time alone costs the taps of this machine."""
    while True:
        answers["computed"] += sum(range(10_000)) > 0
        await asyncio.sleep(0)


async def reconnects(target: Target, answers: Answers) -> None:
    """Opens and closes connections."""
    _, writer = await _connect(target)
    answers["connected"] += 1
    writer.transport.abort()


def _status(data: bytes) -> str:
    return data[9:12].decode("latin-1") if data.startswith(b"HTTP/") else "closed"


def _content_length(head: bytes) -> int:
    lines = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(lines[0].split(b":")[1]) if lines else 0


_JSON = "Content-Type: application/json"
CHALLENGES = "/v1/presence/challenges"
PROOFLESS = b"{}" + b" " * 60_000

ATTACKS: dict[str, tuple[int, Attack]] = {
    "no request, a busy core": (1, keeps_busy),
    "1,100 bodies of one byte": (1_100, holds(_head("POST", CHALLENGES, None, "Content-Length: 100") + b"{")),
    "1,100 headers, trickling": (1_100, trickles(lambda _: b"GET / HTTP/1.1\r\nx: ", b"y", 2.0)),
    "4,000 silent connections": (4_000, holds(b"")),
    "endless headers": (16, trickles(lambda _: b"GET / HTTP/1.1\r\nx: ", b"y" * 65_536, 0.0)),
    "endless URLs": (16, trickles(lambda _: b"GET /", b"y" * 65_536, 0.0)),
    "endless chunks": (
        16,
        trickles(
            lambda _: _head("POST", CHALLENGES, None, "Transfer-Encoding: chunked"),
            b"10000\r\n" + b"y" * 65_536 + b"\r\n",
            0.0,
        ),
    ),
    "300 slow uploads with a token": (
        300,
        trickles(
            lambda target: _head("POST", "/v1/uploads", target.token, "Content-Length: 9000000"), b"y", 1.0
        ),
    ),
    "requests without a token": (
        200,
        repeats(
            lambda _: _head("POST", "/v1/eligibility/card", None, _JSON, "Content-Length: 60002") + PROOFLESS
        ),
    ),
    "1,500 × requests without a token": (
        1_500,
        repeats(lambda _: _head("POST", CHALLENGES, None, _JSON, "Content-Length: 2") + b"{}"),
    ),
    "requests with a token": (
        200,
        repeats(lambda target: _head("GET", "/v1/statistics", target.token)),
    ),
    "1,500 × requests with a token": (
        1_500,
        repeats(lambda target: _head("GET", "/v1/statistics", target.token)),
    ),
    "metrics": (50, repeats(lambda _: _head("GET", "/metrics"))),
    "readiness": (50, repeats(lambda _: _head("GET", "/readyz"))),
    "answers that nobody reads": (300, never_reads),
    "reconnects": (50, reconnects),
}
"""The attacks by name: how many connections, and what each does. The first is a control, and none."""


def run_attack(name: str, target: Target, result: multiprocessing.SimpleQueue[Answers]) -> None:
    """Attack from this process until the time is over."""
    os.nice(_NICENESS)
    max_open_files()
    count, attack = ATTACKS[name]
    answers: Answers = Counter()

    async def connection() -> None:
        while True:
            try:
                await attack(target, answers)
            except (OSError, asyncio.IncompleteReadError):
                answers["closed"] += 1
                await asyncio.sleep(0.01)

    async def run() -> None:
        attackers = [asyncio.ensure_future(connection()) for _ in range(count)]
        await asyncio.wait(attackers, timeout=target.seconds)
        for attacker in attackers:
            attacker.cancel()
        await asyncio.gather(*attackers, return_exceptions=True)

    asyncio.run(run())
    result.put(answers)


@dataclass
class Phase:
    """What honest terminals saw under one attack."""

    milliseconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    slowest_refusal_ms: float = 0.0
    answers: Answers = field(default_factory=Counter)

    @property
    def p50_p99(self) -> tuple[float, float]:
        """Percentiles of the answered taps."""
        if len(self.milliseconds) < 2:
            return float("nan"), float("nan")
        hundredths = quantiles(self.milliseconds, n=100)
        return hundredths[49], hundredths[98]


class HonestTerminals(Tappers):
    """Terminals that tap at a constant rate and go on whatever they are answered."""

    def __init__(self, stack: PopulatedStack, per_second: float) -> None:
        self.phases: dict[str, Phase] = defaultdict(Phase)
        super().__init__(stack, TERMINALS, per_second)

    def tap(self, terminal: Terminal) -> str | None:
        """A tap. Returns `503` if it was refused with Retry-After, or the code of its error."""
        try:
            terminal.tap()
        except ShikakuError as error:
            return "503" if error.entry.status == 503 and error.retry_after is not None else error.code
        return None

    def add(self, phase: str, milliseconds: float, failure: str | None) -> None:
        """Record a tap or its failure."""
        found = self.phases[phase]
        if failure is None:
            found.milliseconds.append(milliseconds)
        else:
            found.failures[failure] += 1
            found.slowest_refusal_ms = max(found.slowest_refusal_ms, milliseconds)


def measure(stack: PopulatedStack, seconds: float, per_second: float, names: list[str]) -> dict[str, Phase]:
    """Tap without attack, then under each attack."""
    address = urlsplit(stack.wiring["TERMINAL_FUND_URL"])
    terminals = HonestTerminals(stack, per_second)
    phases = terminals.phases
    context = multiprocessing.get_context("spawn")
    for name in [_UNATTACKED, *names]:
        attacker, result = None, context.SimpleQueue()
        if name != _UNATTACKED:
            target = Target(
                str(address.hostname), address.port or 80, seconds + 2 * _PAUSE_SECONDS, _token(stack)
            )
            attacker = context.Process(target=run_attack, args=(name, target, result), daemon=True)
            attacker.start()
        time.sleep(2 * _PAUSE_SECONDS)
        terminals.phase, phase = name, phases[name]
        time.sleep(seconds)
        terminals.phase = None
        if attacker is not None:
            attacker.join(timeout=seconds + 30)
            if attacker.is_alive():
                attacker.kill()
            if not result.empty():
                phase.answers = result.get()
        time.sleep(_PAUSE_SECONDS)
        _show(name, phase, phases[_UNATTACKED])
    terminals.end()
    return phases


def _token(stack: PopulatedStack) -> str:
    """A token of another client than the terminals'."""
    credential = Credential.load(Path(stack.wiring["PAYER_CREDENTIAL"].split(":")[0]))
    url = stack.wiring["TERMINAL_FUND_URL"]
    with FundCaller(url, credential, clock=partial(datetime.now, UTC)) as caller:
        return caller.sign_in()


def _show(name: str, phase: Phase, unattacked: Phase) -> None:
    p50, p99 = phase.p50_p99
    ratio = p99 / unattacked.p50_p99[1]
    refused = f"{dict(phase.failures)} ({phase.slowest_refusal_ms:.0f} ms)" if phase.failures else "-"
    print(
        f"{name:34}{len(phase.milliseconds):6} taps  p50 {p50:7.1f}  p99 {p99:7.1f} ms  × {ratio:5.2f}"
        f"  refused: {refused}  attacker: {dict(phase.answers.most_common(4))}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="p99 of honest taps under each attack.")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--taps-per-second", type=float, default=40)
    parser.add_argument("--attack", action="append", choices=ATTACKS, help="Only this one; may be repeated.")
    chosen = parser.parse_args()
    with suppress(KeyboardInterrupt), populated_stack() as stack:
        measure(stack, chosen.seconds, chosen.taps_per_second, chosen.attack or list(ATTACKS))


if __name__ == "__main__":
    main()
