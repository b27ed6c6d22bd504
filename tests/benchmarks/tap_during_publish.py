"""Latency of a card check during member files: `python -m tests.benchmarks.tap_during_publish --people 1000000`.

Starts the services and checks cards at an even rate: first alone, then while `payer-mock load` sends the files of this
many people to the same fund, has them checked and published, and then a month's files. Prints p50 and p99 in milliseconds
of whole checks (without the card's own time) alone, during checking and during publishing, and the size of the database.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import tempfile
from pathlib import Path

import asyncpg

from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from shikaku.processes import command_line
from tests.benchmarks.tappers import Latencies, Tappers, show
from tests.builders.stack import PopulatedStack, populated_stack

ALONE = "alone"
_POLL_SECONDS = 1.0

_PHASE = """
SELECT CASE WHEN bool_or(state = 'publishing') THEN 'publishing'
            WHEN bool_or(state IN ('receiving', 'received', 'checking')) THEN 'checking' END
FROM upload
"""
_SIZE = "SELECT pg_database_size(current_database()) / 1048576"


async def measure(people: int, per_second: float, alone_seconds: float) -> Latencies:
    """Tap alone, then during a load; prints the database's size whenever the phase changes."""
    with populated_stack() as stack, tempfile.TemporaryDirectory(prefix="shikaku-load-") as folder:
        home = Path(stack.wiring["FUND_HOME"])
        owner = await asyncpg.connect(EmbeddedPostgres.attach(home / "postgres").dsn("owner"))
        tappers = Tappers(stack, 4, per_second)
        await tappers.record(ALONE, alone_seconds)
        load = _load(stack, people, folder)
        former: str | None = None
        while load.poll() is None:
            phase = await owner.fetchval(_PHASE)
            if phase != former:
                print(f"{phase or '-':12}database {await owner.fetchval(_SIZE):,} MiB", flush=True)
                former = phase
            await tappers.record(phase or "between", _POLL_SECONDS)
        await asyncio.to_thread(tappers.end)
        print(f"{'end':12}database {await owner.fetchval(_SIZE):,} MiB", flush=True)
        await owner.close()
    return tappers.latencies


def _load(stack: PopulatedStack, people: int, folder: str) -> subprocess.Popen[bytes]:
    words = command_line("payer-mock", ["load", "--people", str(people), "--folder", folder, "--json"])
    return subprocess.Popen(words, env=stack.environment)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description="p99 of a card check during the member files of a country.")
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--taps-per-second", type=float, default=20)
    options.add_argument("--alone-seconds", type=float, default=60)
    chosen = options.parse_args()
    show(asyncio.run(measure(chosen.people, chosen.taps_per_second, chosen.alone_seconds)), ALONE)


if __name__ == "__main__":
    main()
