"""Of requests that travel together each gets its own error: what the server rolled back is repeated alone, nothing else."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database import coalescing
from eligibility_api.database.connections import Database
from eligibility_api.platform.client_presence import set_client
from tests.builders.coalesced_requests import KIND, Client, Requests, ended, outcomes, until

pytestmark = pytest.mark.anyio


async def test_one_that_fails_fails_alone(requests: Requests) -> None:
    requests.server.failing = {"c"}
    asked = await requests.ask("a", "b", "c", "d")
    await requests.end_all()
    assert requests.server.done == [
        ("one", "a"),
        ("many", ["b", "c", "d"]),
        ("one", "b"),
        ("one", "c"),
        ("one", "d"),
    ]
    assert await outcomes(asked) == [["a"] * 2, ["b"] * 2, "database-unavailable", ["d"] * 2]


@pytest.mark.parametrize(
    "error",
    [asyncpg.DeadlockDetectedError(), asyncpg.SerializationError(), asyncpg.DataError(), ValueError("value")],
    ids=["deadlock", "serialisation", "data", "parameter"],
)
async def test_what_the_server_rolled_back_is_repeated_alone(
    requests: Requests, error: BaseException
) -> None:
    asked = await requests.ask("a", "b", "c")
    await requests.end()
    await requests.end(error)
    await requests.end_all()
    assert requests.server.done[1:] == [("many", ["b", "c"]), ("one", "b"), ("one", "c")]
    assert await outcomes(asked) == [[item] * 2 for item in "abc"]


async def test_repeating_a_group_has_an_end(requests: Requests, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were each of 32 to take the longest that a statement may, the last would wait for minutes."""
    requests.server.failing = {"b"}
    asked = await requests.ask("a", "b", "c", "d")
    await requests.end()
    monkeypatch.setattr(coalescing, "ACQUIRE_SECONDS", 0.02)
    await requests.end()
    assert requests.server.running == [("one", "b")]
    loop = asyncio.get_running_loop()
    over = loop.time() + 0.02
    await until(lambda: loop.time() > over)  # so long takes the statement
    await requests.end_all()
    assert requests.server.done == [("one", "a"), ("many", ["b", "c", "d"]), ("one", "b")]
    assert await outcomes(asked) == [["a"] * 2, "database-unavailable", "overloaded", "overloaded"]
    assert await outcomes(await ended(requests, "e")) == [["e"] * 2]


async def test_nothing_is_repeated_for_who_has_gone(requests: Requests) -> None:
    requests.server.failing = {"b"}
    gone = Client()
    asked = await requests.ask("a", "b")
    set_client(gone)
    asked += await requests.ask("c")
    set_client(None)
    asked += await requests.ask("d")
    await requests.end()
    gone.disconnected = True
    await requests.end_all()
    assert requests.server.done[1:] == [("many", ["b", "c", "d"]), ("one", "b"), ("one", "d")]
    assert await outcomes(asked) == [["a"] * 2, "database-unavailable", "overloaded", ["d"] * 2]


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.InterfaceError("closed"),
        asyncpg.AdminShutdownError(),
        asyncpg.QueryCanceledError(),
        asyncpg.LockNotAvailableError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.DiskFullError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_an_unknown_outcome_or_an_outage_ends_all_and_nothing_is_repeated(
    requests: Requests, error: BaseException
) -> None:
    asked = await requests.ask("a", "b", "c")
    await requests.end()
    await requests.end(error)
    assert await outcomes(asked) == [["a"] * 2, "database-unavailable", "database-unavailable"]
    assert requests.server.done == [("one", "a"), ("many", ["b", "c"])]
    assert await outcomes(await ended(requests, "d")) == [["d"] * 2]


async def test_a_failure_of_one_alone_is_its_own(requests: Requests) -> None:
    asked = await requests.ask("a", "b", "c")
    await requests.end(ConnectionResetError())
    await requests.end_all()
    assert await outcomes(asked) == ["database-unavailable", ["b"] * 2, ["c"] * 2]


async def test_a_closed_database_is_an_outage() -> None:
    database = Database("postgresql://shikaku_api@/nowhere?host=/nowhere")
    with pytest.raises(ShikakuError, match="database-unavailable"):
        await database.fetch_together(KIND, {"item": "a", "limit": 7})
