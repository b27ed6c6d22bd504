"""Inflictors that let processes of the house stand still, or kill them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable

import pytest

from loadtest.faults import database_restart, jlis, stack_processes, worker_imbalance
from loadtest.faults.database_restart import DatabaseRestart, without_record
from loadtest.faults.jlis import OcspDown, OcspSlow
from loadtest.faults.worker_imbalance import WorkerImbalance
from loadtest.target import LoadError
from tests.unit.loadtest.faults.builders import FakeThere, fault_context


class Signals:
    """What was done to processes, in order; nothing happens to any."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[tuple[str, set[int]]] = []
        monkeypatch.setattr(stack_processes, "stop", lambda pids: self._note("stop", pids))
        monkeypatch.setattr(stack_processes, "go_on", lambda pids: self._note("go on", pids))
        monkeypatch.setattr(stack_processes, "kill", lambda pid: self._note("kill", [pid]))

    def _note(self, what: str, pids: Iterable[int]) -> None:
        self.done.append((what, set(pids)))


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Signals:
    monkeypatch.setattr(stack_processes, "jlis", lambda _: {7})
    monkeypatch.setattr(stack_processes, "api_workers", lambda _: {31, 32, 33})
    monkeypatch.setattr(stack_processes, "postmaster", lambda _: 5)
    return Signals(monkeypatch)


def test_a_status_responder_that_is_gone_stands_still_until_it_is_lifted(signals: Signals) -> None:
    async def run() -> None:
        gone = OcspDown(fault_context())
        await gone.inject()
        await gone.lift()

    asyncio.run(run())
    assert signals.done == [("stop", {7}), ("go on", {7})]


def test_a_slow_responder_answers_now_and_then_and_is_awake_in_the_end(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jlis, "STILL_S", 0.0)
    monkeypatch.setattr(jlis, "AWAKE_S", 0.0)

    async def run() -> None:
        slow = OcspSlow(fault_context())
        await slow.inject()
        while len(signals.done) < 5:
            await asyncio.sleep(0)
        await slow.lift()

    asyncio.run(run())
    assert signals.done[:2] == [("stop", {7}), ("go on", {7})]
    assert signals.done[-1] == ("go on", {7})


@pytest.mark.parametrize("fault", [OcspDown, OcspSlow, WorkerImbalance, DatabaseRestart])
def test_what_was_never_inflicted_is_lifted_without_a_trace(signals: Signals, fault: type[OcspDown]) -> None:
    asyncio.run(fault(fault_context()).lift())
    assert {what for what, _ in signals.done} <= {"go on"}


@pytest.mark.parametrize("fault", [OcspDown, OcspSlow, WorkerImbalance, DatabaseRestart])
def test_what_does_not_run_on_this_machine_is_told_before_the_load(
    fault: type[OcspDown], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_: object) -> int:
        raise LoadError("it does not run on this machine")

    for finder in ("jlis", "api_workers", "postmaster"):
        monkeypatch.setattr(stack_processes, finder, nowhere)
    with pytest.raises(LoadError, match="not run on this machine"):
        fault(fault_context())


def test_while_connections_are_opened_anew_all_workers_but_one_stand_still(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_imbalance, "_LOOK_S", 0.0)
    monkeypatch.setattr(stack_processes, "connections", lambda *_: Counter({31: 124, 32: 4}))
    hot = WorkerImbalance(fault_context())
    asyncio.run(hot.inject())
    assert signals.done == [("stop", {32, 33}), ("go on", {32, 33})]
    [number, share] = asyncio.run(hot.findings([]))
    assert (number.value, share.value, share.broken) == (3, 0.969, None)


def test_a_worker_that_did_not_become_hot_is_told(signals: Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_imbalance, "_LOOK_S", 0.0)
    monkeypatch.setattr(stack_processes, "connections", lambda *_: Counter({31: 60, 32: 60}))
    hot = WorkerImbalance(fault_context())
    asyncio.run(hot.inject())
    [_, share] = asyncio.run(hot.findings([]))
    assert share.broken == "one worker had 50% of the connections: none was hot"


def test_a_killed_database_is_looked_for_until_another_runs(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_restart, "_LOOK_S", 0.0)
    pids: list[int | None] = [5, 5, 5, None, 6]

    def postmaster(_: object) -> int:
        pid = pids.pop(0) if len(pids) > 1 else pids[0]
        if pid is None:
            raise LoadError("none")
        return pid

    monkeypatch.setattr(stack_processes, "postmaster", postmaster)
    answer = {"record_id": "r1", "validity": "1"}
    target = FakeThere(lambda _: json.dumps(answer) + "\n")

    async def run() -> list[object]:
        restart = DatabaseRestart(fault_context(target))
        await restart.inject()
        findings = await restart.findings([json.dumps(answer).encode(), b'{"record_id": "r2"}'])
        return [(remark.name, remark.broken) for remark in findings]

    assert asyncio.run(run()) == [
        ("another_postmaster_after_s", None),
        ("answers_held_against_their_records", "1 answers have no record that gives them again"),
    ]
    assert signals.done == [("kill", {5})]
    assert target.asked == [("eligibility-api", "audit", "recompute")]


def test_an_answer_whose_record_says_something_else_is_without_a_record() -> None:
    told = b'{"record_id": "r1", "validity": "1"}'
    assert without_record([told], ['{"record_id": "r1", "validity": "2"}']) == 1
    assert without_record([told], ['{"validity": "1", "record_id": "r1"}']) == 0
