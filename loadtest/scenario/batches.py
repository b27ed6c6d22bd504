"""Batches on the evening before: a facility hands in the next day's patients, asks until all are answered, and fetches.

A row counts as a check: from the instant at which its batch was meant to be handed in until its answer has come.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from random import Random

from eligibility_api.contract.batches import BATCHES_PATH, MOST_ROWS, BatchState
from loadtest.dataset.request_bodies import number_body
from loadtest.dataset.terminals import Terminal
from loadtest.model.events import Membership
from loadtest.scenario.visits import Outcome, Reception, Request

MEAN_ROWS = 50.0
"""Rows of a batch in the mean, few large and many small ones: an estimate."""

POLL_SECONDS = 1.0
"""How long a facility waits before it asks again whether its batch is done."""

MOST_SECONDS = 300.0
"""How long it asks."""

_HAND_IN = Request("batch", BATCHES_PATH)
_STATE, _RESULTS = "batch state", "batch results"


def drawn_rows(rng: Random) -> int:
    """How many rows a batch has."""
    return min(MOST_ROWS, 1 + int(rng.expovariate(1 / (MEAN_ROWS - 0.5))))


class Batches:
    """Batches of one generator's facilities: of a facility one at a time, the others wait for it."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._of_facility: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self, terminal: Terminal, memberships: Sequence[Membership]) -> list[Outcome]:
        """Each row's answer; every row has the same failure where the batch came to nothing."""
        async with self._of_facility[terminal.institution_code]:
            outcomes = await self._check(terminal, memberships)
        return outcomes if isinstance(outcomes, list) else [outcomes] * len(memberships)

    async def _check(self, terminal: Terminal, memberships: Sequence[Membership]) -> list[Outcome] | Outcome:
        rows = b",".join(map(number_body, memberships))
        taken = await self._reception.ask(terminal, _HAND_IN, b'{"rows":[', rows, b"]}")
        if taken.failure is not None:
            return taken
        path = f"{BATCHES_PATH}/{json.loads(taken.body)['batch_id']}"
        failed = await self._until_done(terminal, path)
        return failed or await self._fetch(terminal, path, len(memberships))

    async def _until_done(self, terminal: Terminal, path: str) -> Outcome | None:
        """Ask until it is done; what went wrong."""
        for _ in range(int(MOST_SECONDS / POLL_SECONDS)):
            await asyncio.sleep(POLL_SECONDS)
            told = await self._reception.ask(terminal, Request(_STATE, path, "GET"))
            if told.failure is not None:
                return told
            if json.loads(told.body)["state"] == BatchState.DONE:
                return None
        return Outcome(0, b"", "batch-not-done")

    async def _fetch(self, terminal: Terminal, path: str, rows: int) -> list[Outcome] | Outcome:
        outcomes: list[Outcome] = []
        while len(outcomes) < rows:
            page = Request(_RESULTS, f"{path}/results?after={len(outcomes)}", "GET")
            told = await self._reception.ask(terminal, page)
            if told.failure is not None:
                return told
            lines = told.body.splitlines()
            if not lines:
                return Outcome(0, b"", "batch-incomplete")
            outcomes += map(_answer_of, lines)
        return outcomes


def _answer_of(line: bytes) -> Outcome:
    """A row's answer, as if it had been asked alone."""
    told = json.loads(line)
    if told["code"] is not None:
        return Outcome(200, b"", told["code"])
    return Outcome(200, json.dumps(told["answer"]).encode())
