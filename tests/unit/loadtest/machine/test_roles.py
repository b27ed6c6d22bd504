"""The role of each process in a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.machine import processes, roles
from loadtest.machine.costs import API, DATABASE, GENERATOR
from loadtest.machine.roles import COORDINATOR, JLIS, JOBS, SCHEDULER, SUPERVISOR, ProcessRoles

FUND, JLIS_PORT, EXTERNAL = 8400, 8410, 5433

PARENTS = {11: 15, 12: 15, 13: 15, 14: 15, 15: 10, 99: 1}
NAMES = {13: "fund-scheduler", 14: "fund-jobs", 15: "fund-forks", 99: "fund-scheduler"}
"""99 belongs to another stack."""


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack of two API workers, J-LIS, and two database servers."""
    listening = {FUND: {10, 11, 12}, JLIS_PORT: {20}, EXTERNAL: {40}}
    monkeypatch.setattr(processes, "listening_on", lambda port: listening.get(port, set()))
    monkeypatch.setattr(processes, "parent", lambda pid: PARENTS.get(pid, 0))
    monkeypatch.setattr(processes, "name", lambda pid: NAMES.get(pid, "python"))
    monkeypatch.setattr(processes, "pids", lambda: list(PARENTS))
    monkeypatch.setattr(processes, "with_descendants", lambda pid: {pid, pid + 1})
    monkeypatch.setattr(roles, "database_processes", lambda _: {30, 31})


def found_roles(database_url: str | None = None) -> dict[int, str]:
    return ProcessRoles(
        f"http://127.0.0.1:{FUND}", Path("fund"), database_url, f"http://127.0.0.1:{JLIS_PORT}", lambda: {50: GENERATOR, 51: GENERATOR, 52: COORDINATOR}, 1
    ).find()  # fmt: skip


def test_every_process_of_a_stack_has_its_role() -> None:
    assert found_roles() == {
        1: COORDINATOR, 10: SUPERVISOR, 11: API, 12: API, 13: SCHEDULER, 14: JOBS, 15: SUPERVISOR, 20: JLIS, 30: DATABASE, 31: DATABASE,
        50: GENERATOR, 51: GENERATOR, 52: COORDINATOR,
    }  # fmt: skip


def test_the_processes_of_a_cluster_are_all_its_nodes() -> None:
    url = f"postgresql://api@127.0.0.1:{EXTERNAL},127.0.0.1:{EXTERNAL + 1}/fund"
    roles_of_run = ProcessRoles(
        f"http://127.0.0.1:{FUND}", Path("fund"), url, None, dict, 1, lambda: {60, 61, 62}
    )
    assert {pid for pid, kind in roles_of_run.find().items() if kind == DATABASE} == {60, 61, 62}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"postgresql://api@127.0.0.1:{EXTERNAL}/fund", {40, 41}),
        (f"postgresql://api@elsewhere:{EXTERNAL}/fund", set()),
        (f"postgresql://api@127.0.0.1:{EXTERNAL},127.0.0.1:{EXTERNAL + 1}/fund", set()),
    ],
)
def test_an_external_database_is_found_if_it_runs_on_this_machine(url: str, expected: set[int]) -> None:
    assert {pid for pid, kind in found_roles(url).items() if kind == DATABASE} == expected
