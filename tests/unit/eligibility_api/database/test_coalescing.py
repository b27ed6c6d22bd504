"""Requests of a kind travel together while a statement is under way; each gets its own rows, error or refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
import pytest

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database import coalescing
from eligibility_api.database.coalescing import MAX_TOGETHER, MAX_UNDER_WAY, Coalesced, Coalescer
from eligibility_api.database.connections import Database
from eligibility_api.database.db_errors import translate_db_errors
from eligibility_api.platform.client_presence import set_client
from eligibility_api.platform.sql import Statement
from eligibility_api.platform.telemetry import METRICS

pytestmark = pytest.mark.anyio

KIND = Coalesced(
    "kind", Statement.of("one :item :limit"), Statement.of("many :item :limit"), shared=("limit",)
)
Outcome = Any


@dataclass
class Server:
    """Statements under way: each ends when the test says so, with rows of its items or an error."""

    under_way: list[tuple[str, list[Any], asyncio.Future[None]]] = field(default_factory=list)
    done: list[tuple[str, Any]] = field(default_factory=list)
    failing: set[Any] = field(default_factory=set)
    """Items that the server refuses, alone or with others."""

    async def fetch(self, text: str, parameters: Sequence[Any]) -> list[Any]:
        item, _ = parameters
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (text.split(maxsplit=1)[0], item, ended)
        self.under_way.append(entry)
        with translate_db_errors():
            try:
                await ended
            finally:
                self.under_way.remove(entry)
                self.done.append(entry[:2])
            items = item if isinstance(item, list) else [item]
            if self.failing & set(items):
                raise asyncpg.CheckViolationError
            # Not in the order of their places, and two rows for each.
            return [
                {"place": place, "item": of}
                for place, of in reversed(list(enumerate(items, 1)))
                for _ in "xx"
            ]

    def end(self, error: BaseException | None = None) -> None:
        """End the statement that began first."""
        ended = self.under_way[0][2]
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)

    @property
    def running(self) -> list[tuple[str, Any]]:
        return [entry[:2] for entry in self.under_way]


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Requests:
    """A coalescer over a server, and requests to it."""

    def __init__(self) -> None:
        self.server = Server()
        self.coalescer = Coalescer(KIND, self.server.fetch)

    async def ask(self, *items: Any) -> list[asyncio.Task[Any]]:
        asked = [
            asyncio.create_task(self._rows(self.coalescer.fetch({"item": item, "limit": 7})))
            for item in items
        ]
        await turns()
        return asked

    async def _rows(self, fetched: Any) -> Any:
        return [row["item"] for row in await fetched]

    async def end(self, error: BaseException | None = None) -> None:
        self.server.end(error)
        await turns()

    async def end_all(self) -> None:
        while self.server.under_way:
            await self.end()


async def outcomes(tasks: Sequence[asyncio.Task[Any]]) -> list[Outcome]:
    """Rows, or the code of a refusal."""
    done = await asyncio.gather(*tasks, return_exceptions=True)
    return [one.code if isinstance(one, ShikakuError) else one for one in done]


@pytest.fixture
def requests() -> Requests:
    return Requests()


async def test_a_single_request_goes_alone_at_once(requests: Requests) -> None:
    asked = await requests.ask("a")
    assert requests.server.running == [("one", "a")]
    await requests.end()
    assert await outcomes(asked) == [["a", "a"]]


async def test_what_arrives_meanwhile_travels_together_in_order_of_arrival(requests: Requests) -> None:
    asked = await requests.ask("a", "b", "c")
    asked += await requests.ask("d")
    assert requests.server.running == [("one", "a")]
    await requests.end()
    assert requests.server.running == [("many", ["b", "c", "d"])]
    await requests.end()
    assert await outcomes(asked) == [[item] * 2 for item in "abcd"]


async def test_a_single_one_that_waited_goes_alone(requests: Requests) -> None:
    asked = await requests.ask("a", "b")
    await requests.end()
    assert requests.server.running == [("one", "b")]
    await requests.end()
    assert await outcomes(asked) == [["a"] * 2, ["b"] * 2]


async def test_after_the_last_one_the_next_goes_alone_again(requests: Requests) -> None:
    await requests.ask("a", "b", "c")
    await requests.end_all()
    await requests.ask("d")
    assert requests.server.running == [("one", "d")]
    await requests.end_all()


async def test_a_group_is_limited_and_the_rest_follows(requests: Requests) -> None:
    asked = await requests.ask(*range(MAX_TOGETHER + 4))
    await requests.end_all()
    assert [item for _, item in requests.server.done] == [
        0,
        list(range(1, MAX_TOGETHER + 1)),
        list(range(MAX_TOGETHER + 1, MAX_TOGETHER + 4)),
    ]
    assert await outcomes(asked) == [[item] * 2 for item in range(MAX_TOGETHER + 4)]


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


async def ended(requests: Requests, *items: Any) -> list[asyncio.Task[Any]]:
    asked = await requests.ask(*items)
    await requests.end_all()
    return asked


async def test_a_failure_of_one_alone_is_its_own(requests: Requests) -> None:
    asked = await requests.ask("a", "b", "c")
    await requests.end(ConnectionResetError())
    await requests.end_all()
    assert await outcomes(asked) == ["database-unavailable", ["b"] * 2, ["c"] * 2]


class Client:
    disconnected = False


async def test_who_has_gone_is_dropped_before_the_statement(requests: Requests) -> None:
    gone, present = Client(), Client()
    asked = await requests.ask("a")
    set_client(gone)
    asked += await requests.ask("b")
    set_client(present)
    asked += await requests.ask("c", "d")
    set_client(None)
    gone.disconnected = True
    await requests.end_all()
    assert requests.server.done == [("one", "a"), ("many", ["c", "d"])]
    assert await outcomes(asked) == [["a"] * 2, "overloaded", ["c"] * 2, ["d"] * 2]


async def test_if_all_who_waited_have_gone_no_statement_is_made(requests: Requests) -> None:
    client = Client()
    set_client(client)
    asked = await requests.ask("a", "b", "c")
    set_client(None)
    client.disconnected = True
    await requests.end_all()
    assert requests.server.done == [("one", "a")]
    assert await outcomes(asked) == [["a"] * 2, "overloaded", "overloaded"]
    assert await outcomes(await ended(requests, "d")) == [["d"] * 2]


async def test_whose_time_is_up_is_refused_before_the_statement(
    requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await requests.ask("a")
    monkeypatch.setattr(coalescing, "ACQUIRE_SECONDS", -1.0)
    asked += await requests.ask("b")
    monkeypatch.undo()
    asked += await requests.ask("c")
    await requests.end_all()
    assert requests.server.done == [("one", "a"), ("one", "c")]
    assert await outcomes(asked) == [["a"] * 2, "overloaded", ["c"] * 2]


async def test_a_slow_statement_holds_up_only_what_travels_in_it(
    requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coalescing, "PATIENCE_SECONDS", 0.0)
    asked = await requests.ask("a", "b", "c")
    await until(lambda: len(requests.server.under_way) == 2)
    assert requests.server.running == [("one", "a"), ("many", ["b", "c"])]
    asked += await requests.ask("d")
    await until(lambda: len(requests.server.under_way) == 3)
    asked += await requests.ask("e")
    assert len(requests.server.under_way) == MAX_UNDER_WAY
    await requests.end_all()
    assert await outcomes(asked) == [[item] * 2 for item in "abcde"]


async def test_a_statement_that_ends_while_a_leader_wakes_splits_no_group(requests: Requests) -> None:
    asked = await requests.ask("a", "b", "c", "d")
    requests.coalescer._lose_patience(asyncio.get_running_loop())  # `b` leads, and does not know it yet
    await requests.end()
    assert requests.server.running == [("many", ["b", "c", "d"])]
    await requests.end_all()
    assert await outcomes(asked) == [[item] * 2 for item in "abcd"]


async def test_behind_slow_statements_every_wait_has_an_end(
    requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coalescing, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(coalescing, "MAX_UNDER_WAY", 1)
    [slow] = await requests.ask("a")
    monkeypatch.setattr(coalescing, "ACQUIRE_SECONDS", 0.0)
    assert await outcomes(await requests.ask("b", "c")) == ["overloaded", "overloaded"]
    await requests.end_all()
    assert await outcomes([slow]) == [["a"] * 2]


async def until(happened: Any) -> None:
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0)


async def test_a_request_cancelled_while_it_waits_takes_nothing_from_the_others(requests: Requests) -> None:
    asked = await requests.ask("a", "b", "c", "d")
    asked[1].cancel()
    await turns()
    await requests.end_all()
    assert requests.server.done == [("one", "a"), ("many", ["c", "d"])]
    assert await outcomes([asked[0], *asked[2:]]) == [["a"] * 2, ["c"] * 2, ["d"] * 2]


async def test_a_leader_cancelled_before_it_knows_lets_the_next_one_lead(requests: Requests) -> None:
    asked = await requests.ask("a", "b", "c", "d")
    requests.coalescer._lose_patience(asyncio.get_running_loop())
    asked[1].cancel()
    await turns()
    assert requests.server.running == [("one", "a"), ("many", ["c", "d"])]
    await requests.end_all()
    assert await outcomes([asked[0], *asked[2:]]) == [["a"] * 2, ["c"] * 2, ["d"] * 2]


@pytest.mark.parametrize("cancelled", [1, 2, 3], ids=["the leader", "one", "the last"])
async def test_cancelled_with_its_statement_under_way_it_ends_no_other(
    requests: Requests, cancelled: int
) -> None:
    asked = await requests.ask("a", "b", "c", "d")
    await requests.end()
    asked[cancelled].cancel()
    await turns()
    assert requests.server.running == [("many", ["b", "c", "d"])]
    await requests.end_all()
    others = [n for n in (1, 2, 3) if n != cancelled]
    assert await outcomes([asked[n] for n in others]) == [["abcd"[n]] * 2 for n in others]
    assert await outcomes(await ended(requests, "e")) == [["e"] * 2]


async def test_all_of_a_group_cancelled_the_next_statement_begins_at_its_end(requests: Requests) -> None:
    asked = await requests.ask("a", "b", "c")
    await requests.end()
    for one in asked[1:]:
        one.cancel()
    later = await requests.ask("d")
    assert requests.server.running == [("many", ["b", "c"])]
    await requests.end_all()
    assert await outcomes(later) == [["d"] * 2]


async def test_a_group_cancelled_at_the_end_of_the_process_knows_nothing(requests: Requests) -> None:
    asked = await requests.ask("a", "b", "c")
    await requests.end()
    [group] = requests.coalescer._groups
    group.cancel()
    await turns()
    assert asked[1].cancelled()
    assert await outcomes([asked[2]]) == ["database-unavailable"]


async def test_how_many_travel_together_is_counted(requests: Requests) -> None:
    def counted() -> list[float]:
        samples = [
            METRICS.get_sample_value(f"shikaku_statement_requests_{name}", {"kind": KIND.name})
            for name in ("count", "sum")
        ]
        return [value or 0.0 for value in samples]

    before = counted()
    await requests.ask("a", "b", "c", "d")
    await requests.end_all()
    assert [after - value for after, value in zip(counted(), before, strict=True)] == [2, 4]


async def test_groups_with_other_shared_values_do_not_mix() -> None:
    """A limit that differs, as in tests, makes another group."""
    assert KIND.group({"item": 1, "limit": 7}) == KIND.group({"item": 2, "limit": 7})
    assert KIND.group({"item": 1, "limit": 7}) != KIND.group({"item": 1, "limit": 8})
    assert KIND.parameters([{"item": 1, "limit": 7}, {"item": 2, "limit": 7}]) == [[1, 2], 7]


async def test_requests_with_one_value_of_which_a_group_has_one_each_follow_in_the_next(
    requests: Requests,
) -> None:
    requests.coalescer._kind = replace(KIND, one_each="item")
    asked = await requests.ask("a", "b", "c", "b", "d", "b", "c")
    await requests.end()
    assert requests.server.running == [("many", ["b", "c", "d"])]
    await requests.end()
    assert requests.server.running == [("many", ["b", "c"])]
    await requests.end()
    assert requests.server.running == [("one", "b")]
    await requests.end_all()
    assert await outcomes(asked) == [[item] * 2 for item in "abcbdbc"]


async def test_a_closed_database_is_an_outage() -> None:
    database = Database("postgresql://shikaku_api@/nowhere?host=/nowhere")
    with pytest.raises(ShikakuError, match="database-unavailable"):
        await database.fetch_together(KIND, {"item": "a", "limit": 7})
