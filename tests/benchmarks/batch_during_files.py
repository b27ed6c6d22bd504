"""A batch of three rows during hostile files: `python -m tests.benchmarks.batch_during_files`.

Runs API and job runner in one process over a real database. An insurer's member file and claim file, which grow as long
as they are read, consist of the rows that cost most for their size. Prints how many seconds a batch of three rows takes
from its submission until it is answered: median and maximum, without files and during each kind.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from eligibility_api.embedded_postgres.cluster import provision
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.jobs import JobContext, run_jobs
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.hostile_files import MEMBER_PARTS, hostile_files, seconds_of_batch


async def _batches(fund: Fund, count: int) -> Sequence[float]:
    return [await seconds_of_batch(fund) for _ in range(count)]


async def _alone(fund: Fund, count: int) -> Sequence[float]:
    running = asyncio.create_task(run_jobs(JobContext(fund.state, fund.batch)))
    try:
        return await _batches(fund, count)
    finally:
        running.cancel()


def _show(name: str, seconds: Sequence[float]) -> None:
    print(f"{name}: median {statistics.median(seconds):.2f} s, maximum {max(seconds):.2f} s", flush=True)


async def measure(server: EmbeddedPostgres, home: Path, count: int) -> None:
    """Measure and print."""
    connection = await asyncpg.connect(server.dsn("owner"))
    for statement in provision("hostile"):
        await connection.execute(statement)
    await connection.close()
    async with open_fund(Database(server, "hostile"), home, batch_rows_per_day=1_000_000) as fund:
        _show("no files", await _alone(fund, count))
        for kind, part in MEMBER_PARTS.items():
            async with hostile_files(fund, [fund.insurer], part()):
                _show(kind, await _batches(fund, count))


def main() -> None:
    """Run with the options of the command line."""
    options = argparse.ArgumentParser(description="A small batch during hostile files.")
    options.add_argument("--batches", type=int, default=20)
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="shikaku-bench-") as home,
        EmbeddedPostgres(Path(home) / "db") as server,
    ):
        asyncio.run(measure(server, Path(home), chosen.batches))


if __name__ == "__main__":
    main()
