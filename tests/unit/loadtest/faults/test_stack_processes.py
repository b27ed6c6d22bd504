"""Injectors that pause or kill processes of the stack."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import pytest

from loadtest.errors import LoadError
from loadtest.faults import jlis, stack_processes, worker_imbalance
from loadtest.faults.database_restart import DatabaseRestart
from loadtest.faults.fault import Finding
from loadtest.faults.jlis import OcspDown, OcspSlow
from loadtest.faults.probe import ANSWERED, UNANSWERED
from loadtest.faults.worker_imbalance import WorkerImbalance
from loadtest.machine import processes
from loadtest.target import TargetEnvironment
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


async def silent(url: str) -> str:
    """What a paused J-LIS answers."""
    assert url == "http://127.0.0.1:2"
    return UNANSWERED


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Signals:
    monkeypatch.setattr(stack_processes, "jlis", lambda _: {7})
    monkeypatch.setattr(stack_processes, "api_workers", lambda _: {31, 32, 33})
    monkeypatch.setattr(stack_processes, "postmaster", lambda _: 5)
    monkeypatch.setattr(stack_processes, "_POLL_S", 0.0)
    monkeypatch.setattr(jlis, "answers", silent)
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


@pytest.mark.parametrize(
    ("injector", "results", "took_hold"),
    [
        (OcspDown, {UNANSWERED: 5}, True),
        (OcspDown, {UNANSWERED: 5, ANSWERED: 1}, False),
        (OcspDown, {}, False),
        (OcspSlow, {UNANSWERED: 5, ANSWERED: 2}, True),
        (OcspSlow, {UNANSWERED: 1, ANSWERED: 9}, False),
        (OcspSlow, {}, False),
    ],
)
def test_what_j_lis_left_unanswered_shows_that_it_was_down_or_slow(
    signals: Signals, injector: type[OcspDown], results: dict[str, int], took_hold: bool
) -> None:
    one = injector(fault_context())
    one._probe.results.update(results)
    [finding] = asyncio.run(one.findings([]))
    assert (finding.value, finding.took_hold) == (results.get(UNANSWERED, 0), took_hold)


def test_j_lis_is_asked_while_it_is_paused(signals: Signals) -> None:
    async def run() -> list[Finding]:
        down = OcspDown(fault_context())
        await down.inject()
        while not down._probe.results:
            await asyncio.sleep(0)
        await down.remove()
        return await down.findings([])

    [finding] = asyncio.run(run())
    assert finding.took_hold


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
    assert (number.value, share.value, share.took_hold) == (3, 0.969, True)


def test_an_imbalance_that_did_not_occur_did_not_take_hold(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_imbalance, "_POLL_S", 0.0)
    monkeypatch.setattr(worker_imbalance, "_MAX_PAUSE_S", 0.01)
    monkeypatch.setattr(stack_processes, "connections", lambda *_: Counter({31: 60, 32: 60}))
    imbalance = WorkerImbalance(fault_context())
    asyncio.run(imbalance.inject())
    [_, share] = asyncio.run(imbalance.findings([]))
    assert (share.value, share.took_hold) == (0.5, False)


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


ENVIRONMENT = {"TERMINAL_FUND_URL": "http://127.0.0.1:8400", "FUND_JLIS_URL": "http://127.0.0.1:8410"}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[int, set[int]]:
    """The processes that listen on each port; 10 is the parent of 11 and 12."""
    listening = {8400: {10, 11, 12}, 8410: {20}}
    monkeypatch.setattr(processes, "listening_on", lambda port: listening.get(port, set()))
    monkeypatch.setattr(processes, "parent", lambda pid: 10 if pid in (11, 12) else 1)
    return listening


class FakeCluster:
    """Two nodes, of which the second leads."""

    def leader(self) -> str:
        return "db2"

    def node(self, name: str) -> str:
        return f"node {name}"

    def postmaster(self, node: str) -> int:
        return {"node db1": 5, "node db2": 6}[node]


def test_the_postmaster_of_a_cluster_is_that_of_its_leader(tmp_path: Path) -> None:
    target = TargetEnvironment({"FUND_HOME": str(tmp_path)}, None, cast(Any, FakeCluster()))
    assert stack_processes.postmaster(target) == 6


def environment(folder: Path | None = None, **changes: str) -> TargetEnvironment:
    return TargetEnvironment(ENVIRONMENT | {"FUND_HOME": str(folder)} | changes, None)


def test_workers_are_found_without_their_supervisor(machine: dict[int, set[int]]) -> None:
    assert stack_processes.api_workers(environment()) == {11, 12}
    machine[8400] = {10}
    assert stack_processes.api_workers(environment()) == {10}  # a single process serves itself


def test_j_lis_is_found_by_its_address(machine: dict[int, set[int]]) -> None:
    assert stack_processes.jlis(environment()) == {20}
    assert stack_processes._port("https://jlis.example") == 443
    assert stack_processes._port("http://jlis.example") == 80


@pytest.mark.parametrize(
    ("find", "changes", "what"),
    [
        (stack_processes.jlis, {"FUND_JLIS_URL": "http://127.0.0.1:9"}, "J-LIS"),
        (stack_processes.jlis, {"FUND_JLIS_URL": ""}, "J-LIS"),
        (stack_processes.api_workers, {"TERMINAL_FUND_URL": "http://127.0.0.1:9"}, "the API"),
        (stack_processes.postmaster, {}, "the embedded database"),
    ],
)
def test_what_does_not_run_here_is_named(
    machine: dict[int, set[int]],
    tmp_path: Path,
    find: Callable[..., object],
    changes: dict[str, str],
    what: str,
) -> None:
    with pytest.raises(LoadError, match=f"^{what} does not run on this machine"):
        find(environment(tmp_path, **changes))


@pytest.mark.parametrize(
    ("text", "running", "found"),
    [("123\n/data\n", {123, 124}, 123), ("123\n", {124}, None), ("", {123}, None), ("x\n", {123}, None), (None, {123}, None)],
)  # fmt: skip
def test_the_postmaster_is_the_process_that_its_file_names_and_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, running: set[int], found: int | None
) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    if text is not None:
        (data / "postmaster.pid").write_text(text)
    monkeypatch.setattr(stack_processes, "database_processes", lambda _: running)
    if found is not None:
        assert stack_processes.postmaster(environment(tmp_path)) == found
    else:
        with pytest.raises(LoadError, match="the embedded database"):
            stack_processes.postmaster(environment(tmp_path))


def test_connections_are_counted_by_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "connections_on", lambda port, pids: {pid: pid + port for pid in pids})
    assert stack_processes.connections(environment(), [1, 2]) == Counter({1: 8401, 2: 8402})


def test_signals_reach_the_processes_that_still_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []

    def kill(pid: int, number: int) -> None:
        if pid == 2:
            raise ProcessLookupError
        sent.append((pid, number))

    monkeypatch.setattr(os, "kill", kill)
    stack_processes.pause([1, 2, 3])
    stack_processes.resume([2])
    stack_processes.kill(3)
    assert sent == [(1, signal.SIGSTOP), (3, signal.SIGSTOP), (3, signal.SIGKILL)]


def test_a_process_of_another_user_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", kill)
    with pytest.raises(PermissionError):
        stack_processes.pause([1])


def test_a_restart_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_processes, "RESTART_TIMEOUT_S", 0.01)
    monkeypatch.setattr(stack_processes, "_POLL_S", 0.001)
    assert asyncio.run(stack_processes.seconds_until(lambda: False)) is None
    assert asyncio.run(stack_processes.seconds_until(lambda: True)) == 0.0


def test_a_database_that_never_came_back_is_a_violation(
    signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_processes, "RESTART_TIMEOUT_S", 0.01)
    target = FakeTarget(lambda _: "")

    async def run() -> list[Finding]:
        restart = DatabaseRestart(fault_context(target))
        assert await restart.findings([]) == [Finding("database_restarted_after_s", None, took_hold=False)]
        await restart.inject()
        return await restart.findings([])

    restarted, compared = asyncio.run(run())
    assert restarted.value is None
    assert restarted.violation is not None
    assert restarted.violation.ja.startswith("データベースが")
    assert (compared.value, compared.violation) == (0, None)
