"""Runs a cluster of three nodes on free ports of the loopback address, below one folder."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from loadtest.cluster import configuration
from loadtest.cluster.configuration import HOST, NAMES, PORTS, Node
from loadtest.cluster.programs import Programs
from loadtest.cluster.state import ClusterState
from loadtest.errors import LoadError
from loadtest.machine import processes
from loadtest.private_files import create_private

_START_S = 120.0
_POLL_S = 0.2
_ANSWER_S = 1.0
_STOP_S = 40.0
_TAIL_LINES = 20


class Cluster:
    """A context manager: whole when it is entered, ended and removed when it is left, or when this process dies."""

    def __init__(self, folder: Path, programs: Programs, progress: Callable[[str], None]) -> None:
        """`folder`: is created, and removed at the end."""
        self._folder, self._programs, self._progress = folder.resolve(), programs, progress
        self.nodes = configuration.make_nodes(self._folder, free_ports(PORTS * len(NAMES)))
        self._passwords = {
            role: secrets.token_urlsafe(24)
            for role in (
                configuration.SUPERUSER,
                configuration.REPLICATION,
                configuration.REWIND,
                *configuration.SERVICES.values(),
            )
        }
        self._started: dict[tuple[str, str], int] = {}
        """The ids of the processes that the guardian started, by node and program."""
        self._running = ExitStack()

    @property
    def addresses(self) -> Mapping[str, str]:
        """The fund's addresses of the database, by setting. They hold passwords."""
        return configuration.addresses(self.nodes, self._passwords)

    @property
    def admin_address(self) -> str:
        """The superuser's address. It holds a password."""
        return configuration.admin_address(self.nodes, self._passwords)

    def __enter__(self) -> Self:
        """Start all nodes, and wait until they are a cluster. Raises LoadError, OSError."""
        try:
            self._start()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def node(self, name: str) -> Node:
        """The node of a member's name."""
        return next(node for node in self.nodes if node.name == name)

    def state(self) -> ClusterState:
        """What the first node that answers says about the cluster; without members if none answers."""
        for node in self.nodes:
            try:
                return ClusterState.of(self._http.get(f"{node.rest_url}/cluster").json())
            except (httpx2.HTTPError, ValueError):
                continue
        return ClusterState({}, {})

    def leader(self) -> str:
        """The member that accepts writing. Raises LoadError while there is none."""
        leader = self.state().leader
        if leader is None:
            raise LoadError("the cluster has no leader")
        return leader

    def switch_over(self, leader: str, candidate: str) -> None:
        """Let a planned switch-over begin, and wait until Patroni has done it. Raises LoadError."""
        url = f"{self.node(leader).rest_url}/switchover"
        asked = {"leader": leader, "candidate": candidate}
        try:
            answer = self._http.post(url, json=asked, timeout=_START_S)
        except httpx2.HTTPError as error:
            raise LoadError(f"Patroni did not answer the switch-over: {type(error).__name__}") from error
        if answer.status_code != httpx2.codes.OK:
            raise LoadError(f"Patroni refused the switch-over: {answer.text.strip()[:200]}")

    def server(self, node: Node) -> set[int]:
        """The processes of a node's PostgreSQL."""
        return self._working_in({node.data})

    def servers(self) -> set[int]:
        """The processes of PostgreSQL on all nodes."""
        return self._working_in({node.data for node in self.nodes})

    def postmaster(self, node: Node) -> int:
        """The parent process of a node's PostgreSQL. Raises LoadError if it does not run."""
        try:
            named = int((node.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            named = 0
        if processes.working_directory(named) != node.data:
            raise LoadError(f"PostgreSQL does not run on {node.name}")
        return named

    def host(self, node: Node) -> set[int]:
        """All processes of a node, as they end or stand still with its host."""
        started = [pid for (name, _), pid in self._started.items() if name == node.name]
        return self.server(node).union(*map(processes.with_descendants, started))

    def etcd(self, node: Node) -> int:
        """The process of a node's etcd."""
        return self._started[node.name, "etcd"]

    def wait_until_whole(self, seconds: float = _START_S) -> float:
        """Wait until all nodes are members again; returns the seconds. Raises LoadError after `seconds`."""
        began = time.monotonic()
        while not self.state().is_whole(len(self.nodes)):
            if (waited := time.monotonic() - began) > seconds:
                raise LoadError(f"the cluster is not whole after {waited:.0f} s: {self._tails()}")
            time.sleep(_POLL_S)
        return time.monotonic() - began

    @staticmethod
    def _working_in(directories: Collection[Path]) -> set[int]:
        """In one pass: a monitor asks every second."""
        return {
            pid
            for pid in processes.pids()
            if processes.name(pid) == "postgres" and processes.working_directory(pid) in directories
        }

    def _start(self) -> None:
        self._http = self._running.enter_context(httpx2.Client(trust_env=False, timeout=_ANSWER_S))
        self._folder.mkdir(mode=0o700)
        self._programs.user.chown(self._folder)
        # No `child_process`: it is the end of its input that ends it, and a signal would interrupt it while it ends others.
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "loadtest.cluster.guardian", str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._running.callback(self._stop)
        self._progress("starting a cluster of three nodes")
        for node in self.nodes:
            node.folder.mkdir(mode=0o700)
            self._programs.user.chown(node.folder)
            self._start_program(node, "etcd", configuration.etcd_command(node, self.nodes, self._programs))
        for node in self.nodes:
            self._start_program(node, "patroni", self._patroni(node))
        self._progress(f"the cluster is whole after {self.wait_until_whole():.1f} s")

    def _patroni(self, node: Node) -> list[str]:
        """Write the settings of a node's Patroni; its command line."""
        path = node.folder / "patroni.json"  # JSON is YAML
        settings = configuration.patroni_settings(node, self.nodes, self._programs, self._passwords)
        with create_private(path) as file:
            json.dump(settings, file)
        self._programs.user.chown(path)
        return [*self._programs.user.prefix, sys.executable, "-m", "patroni", str(path)]

    def _start_program(self, node: Node, program: str, command: Sequence[str]) -> None:
        assert self._guardian.stdin is not None
        assert self._guardian.stdout is not None
        log = node.folder / f"{program}.log"
        order = {"command": list(command), "log": str(log), "folder": str(node.folder)}
        self._guardian.stdin.write(json.dumps(order) + "\n")
        self._guardian.stdin.flush()
        answer = self._guardian.stdout.readline()
        if not answer:
            raise LoadError(f"{program} could not be started")
        self._started[node.name, program] = int(answer)

    def _stop(self) -> None:
        assert self._guardian.stdin is not None
        assert self._guardian.stdout is not None
        self._guardian.stdin.close()
        try:
            self._guardian.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            self._guardian.wait()
        self._guardian.stdout.close()

    def _tails(self) -> str:
        """The last lines of each Patroni's log."""
        lines = []
        for node in self.nodes:
            log = node.folder / "patroni.log"
            lines += [node.name, *log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]]
        return "\n".join(lines)


def free_ports(count: int) -> list[int]:
    """Free ports of the loopback address, all different. Another program may take one until it is used."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]
