"""Faults of a cluster: what each breaks, and what is judged after it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from loadtest.cluster.state import ClusterState
from loadtest.errors import LoadError
from loadtest.faults import cluster_faults, stack_processes
from loadtest.faults.catalogue import FAULTS
from loadtest.faults.cluster_faults import CLUSTER_FAULTS, ClusterFault
from loadtest.faults.fault import FaultContext, Finding, Window
from loadtest.faults.probe import ANSWERED, UNANSWERED
from loadtest.faults.tap_watch import Tap
from tests.unit.loadtest.faults.builders import FakeTarget, fault_context

BEFORE = {"db1": "leader", "db2": "sync_standby", "db3": "replica"}
LONG = Window(30.0, 60.0)


def state(roles: dict[str, str]) -> ClusterState:
    return ClusterState(roles, dict.fromkeys(roles, "running"))


class FakeCluster:
    """Three nodes whose processes have the numbers 10 to 39."""

    nodes: Sequence[Any] = [SimpleNamespace(name=name, etcd=1) for name in BEFORE]

    def __init__(self, *after: dict[str, str]) -> None:
        self.acts: list[Any] = []
        self._states = [BEFORE, *(after or [BEFORE])]

    def state(self) -> ClusterState:
        return state(self._states.pop(0) if len(self._states) > 1 else self._states[0])

    def node(self, name: str) -> Any:
        return next(node for node in self.nodes if node.name == name)

    def postmaster(self, node: Any) -> int:
        return int(node.name[-1]) * 10

    def host(self, node: Any) -> set[int]:
        return {self.postmaster(node) + number for number in range(3)}

    def etcd(self, node: Any) -> int:
        return self.postmaster(node) + 2

    def switch_over(self, leader: str, candidate: str) -> None:
        self.acts.append(("switch over", leader, candidate))

    def wait_until_whole(self, seconds: float) -> float:
        if not self.state().is_whole(3):
            raise LoadError("the cluster is not whole after 60 s: a long log")
        return 1.25


class FakeWatch:
    """A watch whose taps are given, at seconds after the injection."""

    def __init__(self, context: FaultContext) -> None:
        self.taps: list[Tap] = []
        self.answers = [b"{}"] * 3
        self.checkpoints = [b"note"]

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def compared(self) -> Finding:
        return Finding("answers_compared", 3)


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was done to processes, in order."""
    done: list[Any] = []
    monkeypatch.setattr(cluster_faults, "TapWatch", FakeWatch)
    monkeypatch.setattr(stack_processes, "kill", lambda pid: done.append(("kill", {pid})))
    monkeypatch.setattr(stack_processes, "pause", lambda pids: done.append(("pause", set(pids))))
    monkeypatch.setattr(stack_processes, "resume", lambda pids: done.append(("resume", set(pids))))

    async def silent(url: str) -> str:
        return UNANSWERED

    async def records(target: object, answers: Sequence[bytes]) -> Finding:
        return Finding("answers_compared_with_records", len(answers))

    async def log(*_: object) -> list[Finding]:
        return [Finding("log_leaves", 9)]

    monkeypatch.setattr(cluster_faults, "answers", silent)
    monkeypatch.setattr(cluster_faults, "records_of", records)
    monkeypatch.setattr(cluster_faults, "log_of", log)
    return done


def injector(name: str, cluster: FakeCluster) -> ClusterFault:
    fault = CLUSTER_FAULTS[name]
    target = FakeTarget()
    target.cluster = cluster
    window = LONG if not fault.instantaneous else Window(30.0, 30.0)
    return cast(ClusterFault, fault.injector(fault_context(target, window=window)))


def run(one: ClusterFault, *taps: tuple[float, str | None]) -> dict[str, Finding]:
    """Inject and remove a fault, with taps that began at seconds after the injection; its findings by name."""

    async def work() -> list[Finding]:
        await one.inject()
        began = one._injected or 0.0
        await asyncio.sleep(0)
        one._watch.taps.extend(Tap(began + at, began + at + 0.1, code) for at, code in taps)
        await one.remove()
        return await one.findings([b"{}"] * 5)

    return {finding.name: finding for finding in asyncio.run(work())}


@pytest.mark.parametrize(
    ("name", "after", "done"),
    [
        ("primary-lost", {"db1": "replica", "db2": "leader", "db3": "sync_standby"}, [("kill", {10})]),
        (
            "primary-hangs",
            {"db1": "replica", "db2": "leader", "db3": "sync_standby"},
            [("pause", {10, 11, 12}), ("resume", {10, 11, 12})],
        ),
        (
            "replica-lost",
            {"db1": "leader", "db2": "replica", "db3": "sync_standby"},
            [("pause", {20, 21, 22}), ("resume", {20, 21, 22})],
        ),
        ("switchover", {"db1": "replica", "db2": "leader", "db3": "sync_standby"}, []),
        ("etcd-lost", BEFORE, [("pause", {12, 22, 32}), ("resume", {12, 22, 32})]),
    ],
)
def test_a_fault_breaks_its_component_and_takes_hold(
    acts: list[Any], name: str, after: dict[str, str], done: list[Any]
) -> None:
    cluster = FakeCluster(after)
    found = run(injector(name, cluster))
    assert acts == done
    assert cluster.acts == ([("switch over", "db1", "db2")] if name == "switchover" else [])
    [evidence] = [one for one in found.values() if one.took_hold is not None]
    assert evidence.took_hold
    assert [one.name for one in found.values() if one.violation] == []
    assert found["answers_compared_with_records"].value == 8
    assert found["cluster_whole_s_after_run"].value == 1.2


def test_what_a_host_starts_at_the_last_moment_stands_still_too(
    acts: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = FakeCluster({"db1": "replica", "db2": "leader", "db3": "sync_standby"})
    hosts = iter([{10, 11}, {10, 11, 12}])
    monkeypatch.setattr(cluster, "host", lambda _: next(hosts))
    run(injector("primary-hangs", cluster))
    assert acts == [("pause", {10, 11}), ("pause", {12}), ("resume", {10, 11, 12})]


@pytest.mark.parametrize("name", ["primary-lost", "primary-hangs", "switchover", "replica-lost"])
def test_a_cluster_whose_roles_stay_was_not_broken(acts: list[Any], name: str) -> None:
    found = run(injector(name, FakeCluster(BEFORE)))
    assert [one.took_hold for one in found.values() if one.took_hold is not None] == [False]


def test_an_etcd_that_answers_is_not_lost(acts: list[Any]) -> None:
    one = injector("etcd-lost", FakeCluster())
    one._find()
    cast(Any, one)._probe.results.update({ANSWERED: 1, UNANSWERED: 5})
    assert not one._took_hold().took_hold


@pytest.mark.parametrize(
    ("name", "last_refused", "seconds", "violation"),
    [
        ("primary-lost", 4.0, 4.6, None),
        ("primary-lost", 4.9, 5.5, "taps were right again: 5.5 s, not within 5 s"),
        ("primary-hangs", 22.0, 22.6, None),
        ("primary-hangs", 25.0, 25.6, "taps were right again: 25.6 s, not within 25 s"),
        ("switchover", 2.0, 2.6, None),
        ("replica-lost", 9.0, 9.6, None),
        ("replica-lost", 10.0, 10.6, "taps were right again: 10.6 s, not within 10 s"),
        ("etcd-lost", 1.0, 1.6, "taps were right again: 1.6 s, not within 0 s"),
    ],
)
def test_taps_that_are_right_too_late_are_a_violation(
    acts: list[Any], name: str, last_refused: float, seconds: float, violation: str | None
) -> None:
    taps = [(0.0, None), (last_refused, "database-unavailable"), (last_refused + 0.5, None)]
    found = run(injector(name, FakeCluster()), *taps)
    finding = found["taps_right_again_after_s"]
    assert finding.value == pytest.approx(seconds)
    assert (finding.violation and finding.violation.en) == violation
    assert (found["taps"].value, found["taps_refused"].value) == (3, 1)


def test_taps_that_never_are_right_again_are_a_violation(acts: list[Any]) -> None:
    found = run(injector("primary-lost", FakeCluster()), (0.0, "database-unavailable"))
    violation = found["taps_right_again_after_s"].violation
    assert violation is not None
    assert violation.en == "taps were right again: never, not within 5 s"


def test_a_cluster_that_stays_broken_is_a_violation(acts: list[Any]) -> None:
    found = run(injector("primary-lost", FakeCluster({"db2": "leader", "db3": "sync_standby"})))
    violation = found["cluster_whole_s_after_run"].violation
    assert violation is not None
    assert violation.en == "the cluster is not whole after 60 s"


def test_without_a_cluster_no_such_fault_can_be_injected(acts: list[Any]) -> None:
    for fault in CLUSTER_FAULTS.values():
        with pytest.raises(LoadError, match="needs a cluster"):
            fault.injector(fault_context())


def test_a_cluster_that_is_broken_already_is_not_broken_further(acts: list[Any]) -> None:
    cluster = FakeCluster()
    cluster._states = [{"db1": "leader", "db2": "sync_standby"}]
    with pytest.raises(LoadError, match="not whole before the fault"):
        asyncio.run(injector("primary-lost", cluster).inject())
    assert acts == []


@pytest.mark.parametrize("name", CLUSTER_FAULTS)
def test_removing_a_fault_that_was_never_injected_breaks_nothing(acts: list[Any], name: str) -> None:
    async def work() -> list[Finding]:
        one = injector(name, FakeCluster())
        await one.remove()
        return await one.findings([])

    [finding] = asyncio.run(work())
    assert (finding.took_hold, finding.value) == (False, None)
    assert {what for what, pids in acts if pids} == set()


def test_every_fault_of_a_cluster_has_its_expectation_and_needs_one() -> None:
    assert list(CLUSTER_FAULTS) == [
        "primary-lost",
        "primary-hangs",
        "switchover",
        "replica-lost",
        "etcd-lost",
    ]
    assert not CLUSTER_FAULTS.keys() & FAULTS.keys()
    for fault in CLUSTER_FAULTS.values():
        expected = fault.expected(LONG)
        assert fault.of_cluster
        assert fault.meaning.en.isascii()
        assert expected.sentence.en.isascii()
        assert not fault.meaning.ja.isascii()
        assert expected.sentence.ja.endswith("。")
        assert expected.errors <= {"database-unavailable", "overloaded"}
    assert not any(fault.of_cluster for fault in FAULTS.values())


def test_a_lost_host_is_replaced_while_it_is_lost() -> None:
    for fault in CLUSTER_FAULTS.values():
        window, expected = fault.window(max(60.0, fault.min_seconds)), fault.expected(LONG)
        if expected.recovers_meanwhile:
            assert window.seconds >= cast(Any, fault.injector).limit_s
        assert (window.seconds == 0) is fault.instantaneous


def test_only_a_lost_etcd_may_have_no_effect() -> None:
    without = [fault.name for fault in CLUSTER_FAULTS.values() if not fault.expected(LONG).errors]
    assert without == ["etcd-lost"]
    expected = CLUSTER_FAULTS["etcd-lost"].expected(LONG)
    assert (expected.min_answered, expected.p99_ms) == (1.0, 500.0)
