"""The role of each process of this machine in a run, found anew each time: workers die and are replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from loadtest.machine import processes
from loadtest.machine.costs import API, DATABASE, GENERATOR, database_processes

SUPERVISOR, SCHEDULER, JOBS, JLIS, COORDINATOR = "supervisor", "scheduler", "jobs", "jlis", "coordinator"

_BY_NAME = {"fund-forks": SUPERVISOR, "fund-scheduler": SCHEDULER, "fund-jobs": JOBS}
"""The fund's processes other than its API workers, by the process names that they set."""

NUMBERED = frozenset({API, GENERATOR})
"""Kinds whose processes are reported one by one; those of any other kind are reported together."""

RoleLookup = Callable[[], Mapping[int, str]]
"""Returns the kind of every process that belongs to a run, by process id."""


@dataclass(frozen=True, slots=True)
class ProcessRoles:
    """How the processes are found.

    `helpers`: returns the kinds of the processes that the coordinator started; `coordinator`: this process's id;
    `cluster`: returns the processes of a database of several nodes, if the run started it.
    """

    fund_url: str
    fund_home: Path
    database_url: str | None
    jlis_url: str | None
    helpers: RoleLookup
    coordinator: int
    cluster: Callable[[], set[int]] | None = None

    def find(self) -> dict[int, str]:
        """The kind of every process that exists now, by process id."""
        serving = processes.listening_on(_port(self.fund_url))
        found = dict.fromkeys(self._database(), DATABASE)
        if self.jlis_url:
            found |= dict.fromkeys(processes.listening_on(_port(self.jlis_url)), JLIS)
        workers = {pid for pid in serving if processes.has_ancestor(pid, serving)}
        found |= dict.fromkeys(serving, SUPERVISOR) | dict.fromkeys(workers or serving, API)
        for pid in processes.pids():
            if kind := _BY_NAME.get(processes.name(pid)):
                found |= {pid: kind} if processes.has_ancestor(pid, serving) else {}
        return found | {self.coordinator: COORDINATOR} | dict(self.helpers())

    def _database(self) -> set[int]:
        """The processes of the embedded server or the cluster, or of an external server on this machine."""
        if self.cluster is not None:
            return self.cluster()
        if self.database_url is None:
            return database_processes(self.fund_home)
        address = urlsplit(self.database_url)
        if "," in address.netloc or address.hostname not in {"127.0.0.1", "::1", "localhost"}:
            return set()  # also of several servers: which of them works for the fund changes
        servers = processes.listening_on(address.port or 5432)
        return set().union(*map(processes.with_descendants, servers))


def _port(url: str) -> int:
    address = urlsplit(url)
    return address.port or (443 if address.scheme == "https" else 80)
