"""Latency of a tap during a batch check: `python -m tests.benchmarks.tap_during_batch`.

Starts a stack, submits a batch of 10,000 rows and taps from several terminals at a constant rate, while the batch is
alternately blocked (by a lock on its row, which the worker skips) and released: one run measures both.
Prints, for each, the taps, p50 and p99 in milliseconds of whole taps
without a card's own time, and the ratios; before that, how long the batch took to be accepted.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

import asyncpg

from eligibility_api.contract.batches import MAX_ROWS, BatchAnswer, BatchRequest, BatchRow, BatchState
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from tests.benchmarks.tappers import Latencies, Tappers, show
from tests.builders.stack import PopulatedStack, populated_stack
from tests.builders.terminal import Terminal

WITHOUT, DURING = "without", "during"

_HOLD = "SELECT FROM batch_check WHERE batch_id = $1::text::uuid FOR UPDATE"


def _membership(stack: PopulatedStack) -> Enrolment:
    with stack.terminal() as terminal:
        answer = terminal.tap()
    assert isinstance(answer, EligibilityAnswer)
    return answer.results[0]


def _submit(terminal: Terminal, held: Enrolment, count: int) -> BatchAnswer:
    """A batch of `count` rows: nine of ten match a member."""
    row = BatchRow(
        insurer_number=held.insurer_number,
        symbol=held.symbol,
        number=held.number,
        branch=held.branch,
        birth_date=held.birth_date,
    )
    missed = row.model_copy(update={"branch": "99"})
    rows = tuple(missed if n % 10 == 0 else row for n in range(count))
    started = time.perf_counter()
    batch = terminal.client.start_batch(BatchRequest(rows=rows))
    print(f"{batch.rows:,} rows accepted in {(time.perf_counter() - started) * 1000:.0f} ms", flush=True)
    return batch


async def measure(terminals: int, per_second: float, rows: int, window: float) -> Latencies:
    """Tap until a batch of `rows` is done, blocked and released alternately for `window` seconds each."""
    with populated_stack() as stack, stack.terminal() as terminal:
        home = Path(stack.wiring["FUND_HOME"])
        owner = await asyncpg.connect(EmbeddedPostgres.attach(home / "postgres").dsn("owner"))
        held = _membership(stack)
        tappers = Tappers(stack, terminals, per_second)
        batch = await asyncio.to_thread(_submit, terminal, held, rows)
        working = 0.0
        while batch.state is not BatchState.DONE:
            async with owner.transaction():
                # Taken as soon as the piece in work is done.
                await owner.execute(_HOLD, batch.batch_id)
                await tappers.record(WITHOUT, window)
            started = time.monotonic()
            await tappers.record(DURING, window)
            working += time.monotonic() - started
            batch = terminal.client.batch_status(batch.batch_id)
        print(f"{batch.rows / working:.0f} rows/s while it was let go", flush=True)
        await asyncio.to_thread(tappers.end)
        await owner.close()
    return tappers.latencies


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description="A tap's p99 beside a batch of 10,000 rows.")
    options.add_argument("--terminals", type=int, default=4)
    options.add_argument("--taps-per-second", type=float, default=30)
    options.add_argument("--rows", type=int, default=MAX_ROWS)
    options.add_argument("--window", type=float, default=4.0, help="seconds of each phase")
    chosen = options.parse_args()
    latencies = asyncio.run(measure(chosen.terminals, chosen.taps_per_second, chosen.rows, chosen.window))
    show(latencies, WITHOUT)


if __name__ == "__main__":
    main()
