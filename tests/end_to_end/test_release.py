"""Today's schema under the last release's program, and today's processes in its place one by one: no error under taps."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import pytest

from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from tests.builders.database import NOT_DURABLE
from tests.builders.released import TwoReleases, checked_out, last_release
from tests.builders.stack import PopulatedStack
from tests.builders.tapping import Tapping
from tests.builders.terminal import Terminal
from tests.depth import DEEP

pytestmark = pytest.mark.skipif(not DEEP, reason="two releases, a minute; `make deep PART=record`")

TERMINALS = 3
TAPS_OF_A_STAGE = 40


class Proxy:
    """Chooses the services of each tap: one signs in and gives the challenge, another checks the proof."""

    def __init__(self, stack: PopulatedStack, *urls: str) -> None:
        self._stack = stack
        self._changed = threading.Condition()
        self._urls = list(urls)
        self._busy = Counter[str]()

    def add(self, url: str) -> None:
        """Let it know one more service."""
        with self._changed:
            self._urls.append(url)

    def drain(self, url: str) -> None:
        """Give a service nothing more, and wait until it has answered what it had."""
        with self._changed:
            self._urls.remove(url)
            assert self._changed.wait_for(lambda: not self._busy[url], timeout=60)

    def tap(self, number: int) -> EligibilityAnswer | UnchangedAnswer:
        """One tap at two services."""
        with self._changed:
            urls = [self._urls[(number + place) % len(self._urls)] for place in (0, 1)]
            self._busy.update(urls)
        try:
            with self._terminal(urls[0]) as first, self._terminal(urls[1]) as second:
                proof = first.prove()
                second.client._token = first.client._token
                return second.client.check_card(proof)
        finally:
            with self._changed:
                self._busy.subtract(urls)
                self._changed.notify_all()

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
            proxy = Proxy(stack, first, second)
            taps = Tapping(proxy.tap, terminals=TERMINALS)
            with taps.going_on():
                taps.stage(TAPS_OF_A_STAGE)

                # Today's schema under the last release's program.
                with stack.of_today():
                    stack.run("eligibility-api", "migrate")
                taps.stage(TAPS_OF_A_STAGE)
                assert httpx2.get(f"{first}/healthz", trust_env=False).status_code == 200

                # One process of each; then none of the last release's.
                for former in (first, second):
                    with stack.of_today():
                        url = stack.fund()
                    assert readiness(url) == 200
                    proxy.add(url)
                    taps.stage(TAPS_OF_A_STAGE)
                    proxy.drain(former)
                    stack.services[former].stop()
                    taps.stage(TAPS_OF_A_STAGE)

            # What both wrote is one record, and every answer of it is computed again.
            stack.connect(TERMINAL_FUND_URL=url, PAYER_FUND_URL=url)
            with stack.of_today():
                verified = verified_record(stack, tmp_path / "audit.jsonl", answers=len(taps.answers))
            assert verified["holds"], (version, verified)
        finally:
            stack.stop()
