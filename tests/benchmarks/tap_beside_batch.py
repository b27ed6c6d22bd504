"""Latency of a card check during a batch check: `python -m tests.benchmarks.tap_beside_batch`.

Starts the services, submits a batch of 10,000 rows and checks cards from several terminals at an even rate, while the
batch is alternately locked (by a lock on its row, which the job skips) and processed: both are measured in one run.
Prints, for each, the number of checks, p50 and p99 in milliseconds of whole checks without the card's own time, and
their ratios; before that, the time to accept the batch.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

import asyncpg

from eligibility_api.contract.batches import MOST_ROWS, BatchAnswer, BatchRequest, BatchRow, BatchState
from eligibility_api.contract.eligibility import EligibilityAnswer, Enrolment
from eligibility_api.platform.embedded import EmbeddedPostgres
from tests.benchmarks.tappers import Tappers, Times, show
from tests.builders.house import Inhabited, inhabited
from tests.builders.terminal import Terminal

WITHOUT, DURING = "without", "during"

_LOCK = "SELECT FROM batch_check WHERE batch_id = $1::text::uuid FOR UPDATE"


def _membership(house: Inhabited) -> Enrolment:
    with house.terminal() as terminal:
        answer = terminal.tap()
    assert isinstance(answer, EligibilityAnswer)
    return answer.results[0]


def _submit(terminal: Terminal, enrolment: Enrolment, count: int) -> BatchAnswer:
    """Submit a batch of `count` rows, of which every tenth is a miss."""
    row = BatchRow(
        insurer_number=enrolment.insurer_number,
        symbol=enrolment.symbol,
        number=enrolment.number,
        branch=enrolment.branch,
        birth_date=enrolment.birth_date,
    )
    missed = row.model_copy(update={"branch": "99"})
    rows = tuple(missed if n % 10 == 0 else row for n in range(count))
    started = time.perf_counter()
    batch = terminal.client.start_batch(BatchRequest(rows=rows))
    print(f"{batch.rows:,} rows accepted in {(time.perf_counter() - started) * 1000:.0f} ms", flush=True)
    return batch


async def measure(terminals: int, per_second: float, rows: int, window: float) -> Times:
    """Check cards until a batch of `rows` is done, alternately locked and processed for `window` seconds each."""
    with inhabited() as house, house.terminal() as terminal:
        home = Path(house.house.wiring["FUND_HOME"])
        owner = await asyncpg.connect(EmbeddedPostgres.attach(home / "postgres").dsn("owner"))
        enrolment = _membership(house)
        tappers = Tappers(house, terminals, per_second)
        batch = await asyncio.to_thread(_submit, terminal, enrolment, rows)
        processing = 0.0
        while batch.state is not BatchState.DONE:
            async with owner.transaction():
                # Acquired as soon as the current step is done.
                await owner.execute(_LOCK, batch.batch_id)
                await tappers.note(WITHOUT, window)
            started = time.monotonic()
            await tappers.note(DURING, window)
            processing += time.monotonic() - started
            batch = terminal.client.batch(batch.batch_id)
        print(f"{batch.rows / processing:.0f} rows/s while it was processed", flush=True)
        await asyncio.to_thread(tappers.end)
        await owner.close()
    return tappers.times


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description="p99 of a card check during a batch of 10,000 rows.")
    options.add_argument("--terminals", type=int, default=4)
    options.add_argument("--taps-per-second", type=float, default=30)
    options.add_argument("--rows", type=int, default=MOST_ROWS)
    options.add_argument("--window", type=float, default=4.0, help="seconds of each phase")
    chosen = options.parse_args()
    times = asyncio.run(measure(chosen.terminals, chosen.taps_per_second, chosen.rows, chosen.window))
    show(times, WITHOUT)


if __name__ == "__main__":
    main()
