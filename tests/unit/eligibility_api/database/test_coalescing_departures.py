"""A client that disconnected, a time that is up or a cancelled request takes nothing from the others; every wait has an end."""

from __future__ import annotations

import asyncio

import pytest

from eligibility_api.database import coalescing
from eligibility_api.database.coalescing import MAX_UNDER_WAY
from eligibility_api.platform.client_presence import set_client
from tests.builders.coalesced_requests import Client, Requests, ended, outcomes, turns, until

pytestmark = pytest.mark.anyio


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
