"""Processor time that a request alone pays for being able to travel with others: without a database.

    python -m tests.benchmarks.coalescing_cost

A look-up's statement is passed to a database that answers at once: directly, and by its kind. The medians of nine
alternating rounds of 20,000 requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from typing import Any

from eligibility_api.database.connections import Database
from eligibility_api.eligibility.by_number import NUMBERS

ROUNDS, REQUESTS = 9, 20_000


class IdleDatabase(Database):
    """A database that answers at once."""

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        """No rows."""
        return []


async def microseconds(ask: Callable[[], Awaitable[Any]]) -> float:
    """Processor time per request."""
    began = time.process_time()
    for _ in range(REQUESTS):
        await ask()
    return (time.process_time() - began) / REQUESTS * 1e6


async def measure() -> dict[str, float]:
    """The median of each way."""
    database = IdleDatabase("postgresql://nobody@/nothing")
    values = dict.fromkeys(NUMBERS.alone.names, "x")

    async def directly() -> Any:
        return await database.fetch(NUMBERS.alone.text, NUMBERS.alone.parameters(values))

    async def by_kind() -> Any:
        return await database.fetch_together(NUMBERS, values)

    rounds = [(await microseconds(directly), await microseconds(by_kind)) for _ in range(ROUNDS)]
    direct, together = zip(*rounds, strict=True)
    return {"directly": median(direct), "by its kind": median(together)}


if __name__ == "__main__":
    for name, took in asyncio.run(measure()).items():
        print(f"{name:12} {took:.2f} µs")
