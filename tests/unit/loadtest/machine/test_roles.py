"""Which processes do what for a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.machine import processes, roles
from loadtest.machine.costs import API, DATABASE, GENERATOR
from loadtest.machine.roles import COORDINATOR, JLIS, JOBS, SCHEDULER, SUPERVISOR, ProcessRoles

FUND, JLIS_PORT, OUTSIDE = 8400, 8410, 5433

PARENTS = {11: 10, 12: 10, 13: 10, 14: 10, 99: 1}
NAMES = {13: "fund-keeper", 14: "fund-worker", 99: "fund-keeper"}
"""99 is another house's."""


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A house of two workers, J-LIS, and two database servers."""
    listening = {FUND: {10, 11, 12}, JLIS_PORT: {20}, OUTSIDE: {40}}
    monkeypatch.setattr(processes, "listening_on", lambda port: listening.get(port, set()))
    monkeypatch.setattr(processes, "parent", lambda pid: PARENTS.get(pid, 0))
    monkeypatch.setattr(processes, "name", lambda pid: NAMES.get(pid, "python"))
    monkeypatch.setattr(processes, "processes", lambda: iter(PARENTS))
    monkeypatch.setattr(processes, "below", lambda pid: {pid, pid + 1})
    monkeypatch.setattr(roles, "database_in", lambda _: {30, 31})


def looked(database_url: str | None = None) -> dict[int, str]:
    return ProcessRoles(
        f"http://127.0.0.1:{FUND}", Path("fund"), database_url, f"http://127.0.0.1:{JLIS_PORT}", lambda: [50, 51], 1
    ).look()  # fmt: skip


def test_everybody_of_a_house_is_known_by_what_it_does() -> None:
    assert looked() == {
        1: COORDINATOR, 10: SUPERVISOR, 11: API, 12: API, 13: SCHEDULER, 14: JOBS, 20: JLIS, 30: DATABASE, 31: DATABASE,
        50: GENERATOR, 51: GENERATOR,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (f"postgresql://api@127.0.0.1:{OUTSIDE}/fund", {40, 41}),
        (f"postgresql://api@elsewhere:{OUTSIDE}/fund", set()),
    ],
)
def test_an_outside_database_is_known_where_it_is_on_this_machine(url: str, found: set[int]) -> None:
    assert {pid for pid, kind in looked(url).items() if kind == DATABASE} == found
