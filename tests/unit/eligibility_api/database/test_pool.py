"""The pool gives out a connection per statement, up to its maximum, in order, and never a broken one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from eligibility_api.database import pool as pool_module
from eligibility_api.database.pool import ConnectionPool
from eligibility_api.platform.telemetry import METRICS

pytestmark = pytest.mark.anyio


@dataclass(eq=False)
class Line:
    """A fake connection whose statements end on demand."""

    closed: bool = False
    planned: dict[str, int] = field(default_factory=dict)
    statements: list[tuple[str, asyncio.Future[list[Any]]]] = field(default_factory=list)

    async def fetch(self, statement: str, *_: object) -> list[Any]:
        received: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self.statements.append((statement, received))
        return await received

    @asynccontextmanager
    async def transaction(self, *, readonly: bool) -> AsyncIterator[None]:
        assert readonly
        yield

    async def cursor(self, statement: str, *parameters: object) -> None:
        if statement == "cut":
            raise ConnectionResetError
        assert set(parameters) <= {None}
        self.planned[statement] = len(parameters)

    def is_closed(self) -> bool:
        return self.closed

    async def close(self, *, timeout: float) -> None:
        self.closed = True

    def terminate(self) -> None:
        self.closed = True

    def answer(self, *rows: object) -> None:
        self.statements[-1][1].set_result(list(rows))

    def fail(self, error: BaseException) -> None:
        self.statements[-1][1].set_exception(error)


@dataclass
class Server:
    """A fake connector, which can refuse connections."""

    lines: list[Line] = field(default_factory=list)
    refuses: bool = False

    async def connect(self) -> Line:
        if self.refuses:
            raise ConnectionRefusedError
        self.lines.append(Line())
        return self.lines[-1]


async def run_tasks() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def asked(pool: ConnectionPool, *statements: str) -> Sequence[asyncio.Task[list[Any]]]:
    tasks = [asyncio.create_task(pool.fetch(statement, [])) for statement in statements]
    await run_tasks()
    return tasks


async def test_consecutive_statements_use_one_connection() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 4)
    for n in range(3):
        [task] = await asked(pool, "a")
        server.lines[0].answer(n)
        assert await task == [n]
    assert len(server.lines) == 1


async def test_the_metrics_say_how_many_connections_are_used_and_who_waits() -> None:
    def measured() -> list[float]:
        names = [("shikaku_database_connections", {"state": state}) for state in ("free", "used")]
        values = [
            METRICS.get_sample_value(*name) for name in (*names, ("shikaku_database_requests_waiting", {}))
        ]
        return [value for value in values if value is not None]

    server = Server()
    pool = ConnectionPool(server.connect, 2)
    before = measured()
    tasks = await asked(pool, "a", "b", "c")
    assert (pool.free, pool.used, pool.waiting) == (0, 2, 1)
    assert measured() == [had + own for had, own in zip(before, [0, 2, 1], strict=True)]
    for _ in range(2):
        server.lines[0].answer()
        await run_tasks()
    server.lines[1].answer()
    await asyncio.gather(*tasks)
    assert measured() == [had + own for had, own in zip(before, [2, 0, 0], strict=True)]


async def test_a_request_waits_for_the_first_released_connection_if_all_are_in_use() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 2)
    tasks = await asked(pool, "a", "b", "c", "d")
    assert len(server.lines) == 2
    server.lines[1].answer("b's")
    await run_tasks()
    assert [statement for statement, _ in server.lines[1].statements] == ["b", "c"]
    server.lines[1].answer("c's")
    await run_tasks()
    server.lines[1].answer("d's")
    server.lines[0].answer("a's")
    assert [await task for task in tasks] == [["a's"], ["b's"], ["c's"], ["d's"]]


async def test_waiting_too_long_raises_pool_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "ACQUIRE_SECONDS", 0.01)
    server = Server()
    pool = ConnectionPool(server.connect, 1)
    first, second = await asked(pool, "a", "b")
    with pytest.raises(PoolTimeout):
        await second
    server.lines[0].answer()
    assert await first == []


async def test_a_rejected_statement_keeps_its_connection() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 1)
    [task] = await asked(pool, "wrong")
    server.lines[0].fail(asyncpg.PostgresError())
    with pytest.raises(asyncpg.PostgresError):
        await task
    [task] = await asked(pool, "right")
    server.lines[0].answer()
    assert await task == []


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        asyncpg.InterfaceError("cut"),
        ConnectionResetError(),
        asyncpg.ReadOnlySQLTransactionError("no primary any more"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_connection_that_may_be_busy_or_may_not_write_is_replaced(error: Exception) -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 1)
    [task, after] = await asked(pool, "a", "b")
    server.lines[0].fail(error)
    with pytest.raises(type(error)):
        await task
    await run_tasks()
    server.lines[1].answer("b's")
    assert await after == ["b's"]
    assert server.lines[0].closed


async def test_a_cancelled_statement_costs_only_its_own_connection() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 1)
    [task, after] = await asked(pool, "a", "b")
    task.cancel()
    await run_tasks()
    server.lines[1].answer("b's")
    assert await after == ["b's"]


async def test_a_cancelled_wait_loses_no_connection() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 1)
    first, second, third = await asked(pool, "a", "b", "c")
    server.lines[
        0
    ].answer()  # the connection is handed to the second request at the moment of its cancellation
    await asyncio.sleep(0)
    second.cancel()
    await run_tasks()
    server.lines[0].answer("c's")
    assert [await first, await third] == [[], ["c's"]]


async def test_an_idle_connection_that_was_cut_is_not_reused() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 1)
    [task] = await asked(pool, "a")
    server.lines[0].answer()
    await task
    server.lines[0].closed = True
    [task] = await asked(pool, "b")
    server.lines[1].answer("b's")
    assert await task == ["b's"]


async def test_the_next_request_tries_again_after_a_refused_connection() -> None:
    server = Server(refuses=True)
    pool = ConnectionPool(server.connect, 1)
    for task in await asked(pool, "a", "b"):
        with pytest.raises(ConnectionRefusedError):
            await task
    server.refuses = False
    [task] = await asked(pool, "c")
    server.lines[0].answer()
    assert await task == []


async def test_closing_waits_for_running_statements() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 2)
    running, done = await asked(pool, "a", "b")
    server.lines[1].answer()
    await done
    end = asyncio.create_task(pool.close())
    await run_tasks()
    assert server.lines[1].closed
    assert not end.done()
    server.lines[0].answer("a's")
    assert await running == ["a's"]
    await end
    assert server.lines[0].closed


async def test_closing_terminates_statements_that_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_CLOSE_SECONDS", 0.01)
    server = Server()
    pool = ConnectionPool(server.connect, 1)
    [running] = await asked(pool, "a")
    await pool.close()
    assert server.lines[0].closed
    running.cancel()


async def test_warming_up_plans_every_statement_on_every_missing_connection_with_its_parameters() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 3)
    [running] = await asked(pool, "a")
    await pool.warm_up(["none", "two $2 $1", "eleven $11 $1"])
    assert [line.planned for line in server.lines] == [
        {},
        *[{"none": 0, "two $2 $1": 2, "eleven $11 $1": 11}] * 2,
    ]
    [other] = await asked(pool, "b")
    server.lines[0].answer("a's")
    server.lines[-1].answer("b's")
    assert (await running, await other, len(server.lines)) == (["a's"], ["b's"], 3)


async def test_warming_up_ends_with_the_first_connection_that_fails() -> None:
    server = Server()
    pool = ConnectionPool(server.connect, 2)
    with pytest.raises(ConnectionResetError):
        await pool.warm_up(["cut"])
    await run_tasks()
    assert [line.closed for line in server.lines] == [True]
    [task] = await asked(pool, "a")
    server.lines[1].answer("a's")
    assert await task == ["a's"]
