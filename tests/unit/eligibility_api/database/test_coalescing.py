"""Requests of a kind travel together while a statement is under way, and each gets its own rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eligibility_api.database import coalescing
from eligibility_api.database.coalescing import MAX_TOGETHER
from eligibility_api.platform.telemetry import METRICS
from tests.builders.coalesced_requests import KIND, Requests, outcomes, until

pytestmark = pytest.mark.anyio


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


async def test_with_many_requests_in_progress_a_request_waits_for_others(
    requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the next statement begins when one has waited long enough, though none is under way."""
    monkeypatch.setattr(coalescing, "PATIENCE_SECONDS", 0.01)
    requests.in_progress.requests = MAX_TOGETHER  # of other kinds
    asked = await requests.ask("a", "b")
    assert requests.server.running == []
    asked += await requests.ask("c")
    await until(lambda: requests.server.running)
    assert requests.server.running == [("many", ["a", "b", "c"])]
    asked += await requests.ask("d", "e")
    await requests.end()
    assert requests.server.running == []
    await until(lambda: requests.server.running)
    assert requests.server.running == [("many", ["d", "e"])]
    await requests.end()
    assert await outcomes(asked) == [[item] * 2 for item in "abcde"]
    assert requests.in_progress.requests == MAX_TOGETHER


async def test_a_whole_group_waits_for_no_other(requests: Requests, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "PATIENCE_SECONDS", 60.0)
    requests.in_progress.requests = MAX_TOGETHER
    asked = await requests.ask(*range(MAX_TOGETHER - 1))
    assert requests.server.running == []
    asked += await requests.ask("last")
    assert requests.server.running == [("many", [*range(MAX_TOGETHER - 1), "last"])]
    asked += await requests.ask(*range(MAX_TOGETHER))
    await requests.end()
    assert requests.server.running == [("many", [*range(MAX_TOGETHER)])]
    await requests.end()
    assert len(await outcomes(asked)) == 2 * MAX_TOGETHER


async def test_once_there_are_few_requests_what_gathered_goes_with_the_next(
    requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coalescing, "PATIENCE_SECONDS", 60.0)
    requests.in_progress.requests = MAX_TOGETHER
    asked = await requests.ask("a")
    requests.in_progress.requests = 1
    asked += await requests.ask("b")
    assert requests.server.running == [("many", ["a", "b"])]
    await requests.end()
    assert await outcomes(asked) == [["a"] * 2, ["b"] * 2]
