"""Batches on the evening before: a facility submits the next day's patients.

It polls until the batch is done, and fetches the results. Each row counts as a check, from the time at which
its batch was scheduled until its answer was received.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from random import Random

from eligibility_api.contract.batches import BATCHES_PATH, MAX_ROWS, BatchState
from loadtest.dataset.request_bodies import number_body
from loadtest.dataset.terminals import Terminal
from loadtest.model.events import Membership
from loadtest.scenario.visits import Outcome, Request, TerminalClient

MEAN_ROWS = 50.0
"""Mean rows of a batch, few large and many small ones: an estimate."""

POLL_SECONDS = 1.0
"""Interval at which a facility polls the state of its batch."""

MAX_POLL_SECONDS = 300.0
"""How long a facility polls."""

_SUBMIT = Request("batch", BATCHES_PATH)
_STATE, _RESULTS = "batch state", "batch results"


def draw_row_count(rng: Random) -> int:
    """Draw the number of rows of a batch."""
    return min(MAX_ROWS, 1 + int(rng.expovariate(1 / (MEAN_ROWS - 0.5))))


class BatchClient:
    """Runs the batches of one generator's facilities; each facility runs one at a time, further ones wait."""

    def __init__(self, client: TerminalClient) -> None:
        self._client = client
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self, terminal: Terminal, memberships: Sequence[Membership]) -> list[Outcome]:
        """The outcome of each row; if the batch failed, every row has its failure."""
        async with self._locks[terminal.institution_code]:
            outcomes = await self._check(terminal, memberships)
        return outcomes if isinstance(outcomes, list) else [outcomes] * len(memberships)

    async def _check(self, terminal: Terminal, memberships: Sequence[Membership]) -> list[Outcome] | Outcome:
        rows = b",".join(map(number_body, memberships))
        submitted = await self._client.send(terminal, _SUBMIT, b'{"rows":[', rows, b"]}")
        if submitted.failure is not None:
            return submitted
        path = f"{BATCHES_PATH}/{json.loads(submitted.body)['batch_id']}"
        failed = await self._wait_until_done(terminal, path)
        return failed or await self._fetch(terminal, path, len(memberships))

    async def _wait_until_done(self, terminal: Terminal, path: str) -> Outcome | None:
        """Poll until the batch is done. Returns the failure, if any."""
        for _ in range(int(MAX_POLL_SECONDS / POLL_SECONDS)):
            await asyncio.sleep(POLL_SECONDS)
            polled = await self._client.send(terminal, Request(_STATE, path, "GET"))
            if polled.failure is not None:
                return polled
            if json.loads(polled.body)["state"] == BatchState.DONE:
                return None
        return Outcome(0, b"", "batch-not-done")

    async def _fetch(self, terminal: Terminal, path: str, rows: int) -> list[Outcome] | Outcome:
        outcomes: list[Outcome] = []
        while len(outcomes) < rows:
            page = Request(_RESULTS, f"{path}/results?after={len(outcomes)}", "GET")
            fetched = await self._client.send(terminal, page)
            if fetched.failure is not None:
                return fetched
            results = fetched.body.splitlines()
            if not results:
                return Outcome(0, b"", "batch-incomplete")
            outcomes += map(_row_outcome, results)
        return outcomes


def _row_outcome(result: bytes) -> Outcome:
    """The outcome of one row, in the form of a single check's."""
    row = json.loads(result)
    if row["code"] is not None:
        return Outcome(200, b"", row["code"])
    return Outcome(200, json.dumps(row["answer"]).encode())
