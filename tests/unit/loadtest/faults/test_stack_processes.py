"""Injectors that pause or kill processes of the stack."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable

import pytest

from loadtest.faults import jlis, stack_processes, worker_imbalance
from loadtest.faults.database_restart import DatabaseRestart, count_without_record
from loadtest.faults.jlis import OcspDown, OcspSlow
from loadtest.faults.worker_imbalance import WorkerImbalance
from loadtest.target import LoadError
from tests.unit.loadtest.faults.builders import FakeTarget, fault_context


class Signals:
    """Records the signals to processes, in order; none is sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[str, set[int]]] = []
        monkeypatch.setattr(stack_processes, "pause", lambda pids: self._record("pause", pids))
        monkeypatch.setattr(stack_processes, "resume", lambda pids: self._record("resume", pids))
        monkeypatch.setattr(stack_processes, "kill", lambda pid: self._record("kill", [pid]))

    def _record(self, what: str, pids: Iterable[int]) -> None:
        self.sent.append((what, set(pids)))


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Signals:
    monkeypatch.setattr(stack_processes, "jlis", lambda _: {7})
    monkeypatch.setattr(stack_processes, "api_workers", lambda _: {31, 32, 33})
    monkeypatch.setattr(stack_processes, "postmaster", lambda _: 5)
    monkeypatch.setattr(stack_processes, "_POLL_S", 0.0)
    return Signals(monkeypatch)


def test_a_responder_that_is_down_is_paused_until_the_fault_is_removed(signals: Signals) -> None:
    async def run() -> None:
        down = OcspDown(fault_context())
        await down.inject()
        await down.remove()

    asyncio.run(run())
    assert signals.sent == [("pause", {7}), ("resume", {7})]


def test_a_slow_responder_is_paused_intermittently_and_resumed_at_the_end(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jlis, "PAUSED_S", 0.0)
    monkeypatch.setattr(jlis, "RESUMED_S", 0.0)

    async def run() -> None:
        slow = OcspSlow(fault_context())
        await slow.inject()
        while len(signals.sent) < 5:
            await asyncio.sleep(0)
        await slow.remove()

    asyncio.run(run())
    assert signals.sent[:2] == [("pause", {7}), ("resume", {7})]
    assert signals.sent[-1] == ("resume", {7})


@pytest.mark.parametrize("injector", [OcspDown, OcspSlow, WorkerImbalance, DatabaseRestart])
def test_removing_a_fault_that_was_never_injected_only_resumes(
    signals: Signals, injector: type[OcspDown]
) -> None:
    asyncio.run(injector(fault_context()).remove())
    assert {what for what, _ in signals.sent} <= {"resume"}


@pytest.mark.parametrize("injector", [OcspDown, OcspSlow, WorkerImbalance, DatabaseRestart])
def test_a_process_that_is_not_on_this_machine_is_reported_before_the_load(
    injector: type[OcspDown], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: object) -> int:
        raise LoadError("it does not run on this machine")

    for finder in ("jlis", "api_workers", "postmaster"):
        monkeypatch.setattr(stack_processes, finder, missing)
    with pytest.raises(LoadError, match="not run on this machine"):
        injector(fault_context())


def test_all_workers_but_one_are_paused_while_connections_are_reopened(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_imbalance, "_POLL_S", 0.0)
    monkeypatch.setattr(stack_processes, "connections", lambda *_: Counter({31: 124, 32: 4}))
    imbalance = WorkerImbalance(fault_context())
    asyncio.run(imbalance.inject())
    assert signals.sent == [("pause", {32, 33}), ("resume", {32, 33})]
    [number, share] = asyncio.run(imbalance.findings([]))
    assert (number.value, share.value, share.violation) == (3, 0.969, None)


def test_an_imbalance_that_did_not_occur_is_a_violation(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_imbalance, "_POLL_S", 0.0)
    monkeypatch.setattr(stack_processes, "connections", lambda *_: Counter({31: 60, 32: 60}))
    imbalance = WorkerImbalance(fault_context())
    asyncio.run(imbalance.inject())
    [_, share] = asyncio.run(imbalance.findings([]))
    assert share.violation is not None
    assert share.violation.en == "one worker had only 50% of the connections"


def test_a_killed_database_is_polled_until_it_has_restarted(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids: list[int | None] = [5, 5, 5, None, 6]

    def postmaster(_: object) -> int:
        pid = pids.pop(0) if len(pids) > 1 else pids[0]
        if pid is None:
            raise LoadError("none")
        return pid

    monkeypatch.setattr(stack_processes, "postmaster", postmaster)
    answer = {"record_id": "r1", "validity": "1"}
    target = FakeTarget(lambda _: json.dumps(answer) + "\n")

    async def run() -> list[object]:
        restart = DatabaseRestart(fault_context(target))
        await restart.inject()
        findings = await restart.findings([json.dumps(answer).encode(), b'{"record_id": "r2"}'])
        return [(finding.name, finding.violation and finding.violation.en) for finding in findings]

    assert asyncio.run(run()) == [
        ("database_restarted_after_s", None),
        ("answers_compared_with_records", "1 answers cannot be recomputed from their records"),
    ]
    assert signals.sent == [("kill", {5})]
    assert target.commands == [("eligibility-api", "audit", "recompute")]


def test_an_answer_that_differs_from_its_record_counts_as_without_one() -> None:
    answer = b'{"record_id": "r1", "validity": "1"}'
    assert count_without_record([answer], ['{"record_id": "r1", "validity": "2"}']) == 1
    assert count_without_record([answer], ['{"validity": "1", "record_id": "r1"}']) == 0
