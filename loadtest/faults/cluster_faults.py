"""Faults of a database of three nodes: a server or host of it is lost, stands still or changes its role, or etcd is lost.

A host that stands still is the honest picture of a lost one: unlike a killed process it closes no connection, so that
every client of it waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter

from loadtest.cluster.cluster import Cluster
from loadtest.cluster.configuration import HOST, Node
from loadtest.cluster.state import ClusterState
from loadtest.errors import LoadError
from loadtest.faults import stack_processes
from loadtest.faults.fault import Expectation, Fault, FaultContext, Finding, always
from loadtest.faults.probe import ANSWERED, UNANSWERED, Probe, answers
from loadtest.faults.records import log_of, records_of
from loadtest.faults.tap_watch import TapWatch, seconds_until_answered, seconds_until_right
from loadtest.sections import Text

KILLED_S, LOST_S, SWITCHED_S, REPLICA_S = 5.0, 25.0, 5.0, 10.0
"""Within which taps are right again: PostgreSQL was killed, its host lost, the roles changed as planned, a replica lost."""

_WHOLE_S = 60.0
"""Within which all three nodes are members again, after the run."""

_NORMAL_S = 10.0
"""How much later than the first right tap the fund may be as fast as before: the new primary has read nothing yet."""

_MIN_SECONDS = 90.0
"""Of a run in which a lost host is replaced before it returns."""


class ClusterFault:
    """Watches taps and log from the injection to the end of the run, and judges what the fault left behind."""

    limit_s = 0.0

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError without a cluster that the run itself started."""
        if fault_context.target.cluster is None:
            raise LoadError("this fault needs a cluster of three nodes, which the run starts itself")
        self._cluster: Cluster = fault_context.target.cluster
        self._fault_context = fault_context
        self._watch = TapWatch(fault_context)
        self._before = self._after = ClusterState({}, {})
        self._injected: float | None = None

    async def inject(self) -> None:
        """Inject the fault, with the watch running. Raises LoadError, OSError, ConnectionFailed."""
        self._before = await asyncio.to_thread(self._cluster.state)
        if not self._before.is_whole(len(self._cluster.nodes)):
            raise LoadError("the cluster is not whole before the fault")
        await asyncio.to_thread(self._find)
        await self._watch.start()
        self._injected = perf_counter()
        await self._break()

    async def remove(self) -> None:
        """Mend what was broken, if it was."""
        if self._injected is not None and self._fault_context.window.seconds:
            self._after = await asyncio.to_thread(self._cluster.state)
        await self._mend()

    async def findings(self, answers: Sequence[bytes]) -> list[Finding]:
        """When taps were right again, the records of all answers, and the log. Raises LoadError, OSError."""
        if self._injected is None:
            return [Finding("taps_right_again_after_s", None, took_hold=False)]
        await self._watch.stop()
        whole: float | None = None
        not_whole: Text | None = None
        try:
            whole = round(await asyncio.to_thread(self._cluster.wait_until_whole, _WHOLE_S), 1)
        except LoadError as error:
            not_whole = Text("クラスターが元に戻らず", str(error).partition(":")[0])
        if not self._fault_context.window.seconds:
            self._after = await asyncio.to_thread(self._cluster.state)
        target = self._fault_context.target
        taps = self._watch.taps
        failed = sum(tap.code is not None for tap in taps)
        answered = seconds_until_answered(taps, self._injected)
        return [
            self._right_again(self._injected),
            Finding("first_tap_answered_after_s", None if answered is None else round(answered, 1)),
            Finding("taps", len(taps)),
            Finding("taps_refused", failed),
            self._took_hold(),
            Finding("cluster_whole_s_after_run", whole, not_whole),
            self._watch.compared(),
            await records_of(target, [*answers, *self._watch.answers]),
            *await log_of(target, self._watch.checkpoints, self._fault_context.folder),
        ]

    def _right_again(self, injected: float) -> Finding:
        after, violation = seconds_until_right(self._watch.taps, injected), None
        if after is None or after > self.limit_s:
            late = (
                Text("正しい応答に戻らず", "never")
                if after is None
                else Text(f"{after:.1f}秒後", f"{after:.1f} s")
            )
            violation = Text(
                f"受付が再び正しく応答するまで：{late.ja}（上限{self.limit_s:g}秒）",
                f"taps were right again: {late.en}, not within {self.limit_s:g} s",
            )
        return Finding("taps_right_again_after_s", None if after is None else round(after, 1), violation)

    def _find(self) -> None:
        """Find the processes to break: that takes too long to be done at the instant of the injection."""
        raise NotImplementedError

    async def _break(self) -> None:
        raise NotImplementedError

    async def _mend(self) -> None:
        return

    def _took_hold(self) -> Finding:
        """Another member leads."""
        before, after = self._before.leader, self._after.leader
        changed = after is not None and after != before
        return Finding("leader", f"{before} → {after}", took_hold=changed)

    def _leader(self) -> Node:
        return self._cluster.node(self._before.leader or "")

    def _synchronous(self) -> Node:
        return self._cluster.node(self._before.synchronous or "")


class PrimaryLost(ClusterFault):
    """PostgreSQL is killed on the primary; its Patroni, which lives, brings it back as a standby."""

    limit_s = KILLED_S

    def _find(self) -> None:
        self._postmaster = self._cluster.postmaster(self._leader())

    async def _break(self) -> None:
        stack_processes.kill(self._postmaster)


class HostStandsStill(ClusterFault):
    """All processes of one host are paused: PostgreSQL, Patroni and etcd."""

    _pids: frozenset[int] = frozenset()

    def _host(self) -> Node:
        raise NotImplementedError

    def _find(self) -> None:
        self._pids = frozenset(self._cluster.host(self._host()))

    async def _break(self) -> None:
        stack_processes.pause(self._pids)
        # A server that was forked since they were found would serve on; now nothing forks.
        late = await asyncio.to_thread(self._cluster.host, self._host()) - self._pids
        if late:
            stack_processes.pause(late)
            self._pids |= late

    async def _mend(self) -> None:
        stack_processes.resume(self._pids)


class PrimaryHangs(HostStandsStill):
    """The primary's host. When it returns, it must have lost the lead before it confirms anything."""

    limit_s = LOST_S

    def _host(self) -> Node:
        return self._leader()


class ReplicaLost(HostStandsStill):
    """The host of the synchronous standby, for which every commit waits."""

    limit_s = REPLICA_S

    def _host(self) -> Node:
        return self._synchronous()

    def _took_hold(self) -> Finding:
        before, after = self._before.synchronous, self._after.synchronous
        changed = after is not None and after != before
        return Finding("synchronous_standby", f"{before} → {after}", took_hold=changed)


class SwitchOver(ClusterFault):
    """An operator lets the synchronous standby lead, as before maintenance."""

    limit_s = SWITCHED_S

    def _find(self) -> None:
        """Nothing: Patroni does it."""

    async def _break(self) -> None:
        names = (self._leader().name, self._synchronous().name)
        await asyncio.to_thread(self._cluster.switch_over, *names)


class EtcdLost(ClusterFault):
    """All of etcd stands still: Patroni cannot renew the lead."""

    def _find(self) -> None:
        self._pids = {self._cluster.etcd(node) for node in self._cluster.nodes}
        url = f"http://{HOST}:{self._cluster.nodes[0].etcd}"
        self._probe = Probe(lambda: answers(url))

    async def _break(self) -> None:
        stack_processes.pause(self._pids)
        self._probe.start()

    async def _mend(self) -> None:
        if self._injected is not None:
            await self._probe.stop()
            stack_processes.resume(self._pids)

    def _took_hold(self) -> Finding:
        results = self._probe.results
        silent = results[UNANSWERED] > 0 and not results[ANSWERED]
        return Finding("unanswered_by_etcd", results[UNANSWERED], took_hold=silent)


_REFUSED = frozenset({"database-unavailable", "overloaded"})


def _interrupted(limit_s: float, what: Text, *, meanwhile: bool = False) -> Expectation:
    """Taps are refused for so many seconds at most, and nothing that was answered is lost."""
    return Expectation(
        Text(
            f"{what.ja}受付は{limit_s:g}秒以内に再び正しく応答し、それまでは Retry-After 付きの database-unavailable または"
            " overloaded で拒否されます。すべての回答に記録があり、監査ログは分岐しません。",
            f"{what.en} Taps are right again within {limit_s:g} s, and refused as database-unavailable or overloaded,"
            " with Retry-After, until then. Every answer has its record, and the audit log has no fork.",
        ),
        errors=_REFUSED,
        min_answered=0.0,
        p99_ms=None,
        recovery_within_s=limit_s + _NORMAL_S,
        recovers_meanwhile=meanwhile,
    )


CLUSTER_FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            "primary-lost",
            Text("プライマリーの PostgreSQL が強制終了", "PostgreSQL is killed on the primary"),
            always(
                _interrupted(
                    KILLED_S,
                    Text("同期スタンバイがプライマリーになります。", "The synchronous standby takes over."),
                )
            ),
            PrimaryLost,
            instantaneous=True,
            of_cluster=True,
        ),
        Fault(
            "primary-hangs",
            Text(
                "プライマリーのホストが停止したまま応答しない",
                "the primary's host stands still, and returns later",
            ),
            always(
                _interrupted(
                    LOST_S,
                    Text(
                        "リース期限の後に同期スタンバイがプライマリーになり、元のプライマリーは復帰してもスタンバイになります。",
                        "The synchronous standby takes over once the lease has ended; the former primary returns as a standby.",
                    ),
                    meanwhile=True,
                )
            ),
            PrimaryHangs,
            of_cluster=True,
            min_seconds=_MIN_SECONDS,
        ),
        Fault(
            "switchover",
            Text("計画的にプライマリーを切り替え", "the primary is changed as planned"),
            always(
                _interrupted(
                    SWITCHED_S,
                    Text("同期スタンバイがプライマリーになります。", "The synchronous standby takes over."),
                )
            ),
            SwitchOver,
            instantaneous=True,
            of_cluster=True,
        ),
        Fault(
            "replica-lost",
            Text(
                "同期スタンバイのホストが停止したまま応答しない",
                "the synchronous standby's host stands still, and returns later",
            ),
            always(
                _interrupted(
                    REPLICA_S,
                    Text(
                        "もう1台のスタンバイが同期スタンバイになります。",
                        "The other standby becomes the synchronous one.",
                    ),
                    meanwhile=True,
                )
            ),
            ReplicaLost,
            of_cluster=True,
        ),
        Fault(
            "etcd-lost",
            Text("etcd 全体が応答しない", "no member of etcd answers"),
            always(
                Expectation(
                    Text(
                        "プライマリーは全ノードに確認してプライマリーであり続けるため、影響はありません。すべての回答に記録があり、監査ログは"
                        "分岐しません。",
                        "The primary asks all nodes and keeps the lead: no effect. Every answer has its record, and the"
                        " audit log has no fork.",
                    )
                )
            ),
            EtcdLost,
            of_cluster=True,
        ),
    )
}
"""The faults of a cluster by name; a run with one starts the cluster."""
