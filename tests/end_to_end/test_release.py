"""Today's schema under the last release's program, and today's processes in its place one by one: no error under taps."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from tests.builders.database import NOT_DURABLE
from tests.builders.released import TwoReleases, checked_out, last_release
from tests.builders.stack import PopulatedStack
from tests.builders.terminal import Terminal
from tests.depth import DEEP

pytestmark = pytest.mark.skipif(not DEEP, reason="two releases, a minute; `make deep PART=record`")

CLIENTS = 3
TAPS_OF_A_STAGE = 40


class Taps:
    """Terminals that tap without a pause at the services behind a proxy, each tap at two of them."""

    def __init__(self, stack: PopulatedStack, url: str) -> None:
        self._stack = stack
        self._changed = threading.Condition()
        self._urls = [url]
        self._busy = dict.fromkeys([url], 0)
        self._ended = False
        self.answered = 0
        self.errors: list[str] = []

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Tap meanwhile."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            futures = [pool.submit(self._tap_until_ended, number) for number in range(CLIENTS)]
            try:
                yield
            finally:
                with self._changed:
                    self._ended = True
            for future in futures:
                future.result()

    def add(self, url: str) -> None:
        """Let the proxy know one more service."""
        with self._changed:
            self._urls.append(url)
            self._busy[url] = 0

    def drain(self, url: str) -> None:
        """Take a service out of the proxy, and wait until it has answered what it had."""
        with self._changed:
            self._urls.remove(url)
            assert self._changed.wait_for(lambda: not self._busy[url], timeout=60)

    def stage(self) -> None:
        """Wait for a number of taps."""
        with self._changed:
            until = self.answered + TAPS_OF_A_STAGE
            assert self._changed.wait_for(lambda: self.answered >= until or self.errors, timeout=300)
        assert self.errors == []

    def _tap_until_ended(self, number: int) -> None:
        turn = number
        while True:
            with self._changed:
                if self._ended:
                    return
                urls = [self._urls[turn % len(self._urls)], self._urls[(turn + 1) % len(self._urls)]]
                for url in urls:
                    self._busy[url] += 1
            turn += 1
            error = self._tap(*urls)
            with self._changed:
                for url in urls:
                    self._busy[url] -= 1
                self.answered += error is None
                if error is not None:
                    self.errors.append(error)
                self._changed.notify_all()

    def _tap(self, signed_in_at: str, checked_at: str) -> str | None:
        """Sign in and get a challenge at one service, and send the proof to another. Returns what went wrong."""
        try:
            with self._terminal(signed_in_at) as first, self._terminal(checked_at) as second:
                proof = first.prove()
                second.client._token = first.client._token
                answer = second.client.check_card(proof)
        except Exception as error:  # whatever it is, the test names it
            return f"{type(error).__name__} {error} ({signed_in_at}, {checked_at})"
        assert isinstance(answer, EligibilityAnswer)
        return None if answer.validity == "1" else f"validity {answer.validity}"

    def _terminal(self, url: str) -> Terminal:
        return Terminal(url, Path(self._stack.wiring["TERMINAL_CREDENTIAL"]), self._stack.card("valid"))


def readiness(url: str) -> int:
    return httpx2.get(f"{url}/readyz", trust_env=False).status_code


def verified_record(stack: PopulatedStack, export: Path, *, answers: int) -> dict[str, Any]:
    """The verdict on the record once its log has so many answers: the sequencer is half a second behind."""
    deadline = time.monotonic() + 60
    while True:
        stack.run("eligibility-api", "audit", "export", "--out", export)
        verdict = stack.run("eligibility-api", "audit", "verify", export, "--json", check=False)
        verified: dict[str, Any] = json.loads(verdict.stdout)
        if verified["answers_recomputed"] >= answers:
            return verified
        assert time.monotonic() < deadline, verified


def test_today_takes_the_place_of_the_last_release_under_taps(tmp_path: Path) -> None:
    version, commit = last_release()
    release = checked_out(commit, tmp_path / "release")
    settings = NOT_DURABLE | {"max_connections": "300"}
    with EmbeddedPostgres(tmp_path / "postgres", settings=settings) as database:
        stack = TwoReleases(tmp_path / "stack", database, release)
        stack.run("eligibility-api", "migrate")
        stack.start()
        try:
            first = stack.wiring["TERMINAL_FUND_URL"]
            stack.services[first] = stack.first_service
            second = stack.fund()
            taps = Taps(stack, first)
            taps.add(second)
            with taps.going_on():
                taps.stage()

                # Today's schema under the last release's program.
                with stack.of_today():
                    stack.run("eligibility-api", "migrate")
                taps.stage()
                assert httpx2.get(f"{first}/healthz", trust_env=False).status_code == 200

                # One process of each; then none of the last release's.
                for former in (first, second):
                    with stack.of_today():
                        url = stack.fund()
                    assert readiness(url) == 200
                    taps.add(url)
                    taps.stage()
                    taps.drain(former)
                    stack.services[former].stop()
                    taps.stage()
            assert taps.errors == []

            # What both wrote is one record, and every answer of it is computed again.
            stack.connect(TERMINAL_FUND_URL=url, PAYER_FUND_URL=url)
            export = tmp_path / "audit.jsonl"
            with stack.of_today():
                stack.run("eligibility-api", "audit", "export", "--out", export)
                verified = json.loads(
                    stack.run("eligibility-api", "audit", "verify", export, "--json").stdout
                )
            assert verified["holds"], (version, verified)
            assert verified["answers"] >= taps.answered
        finally:
            stack.stop()
