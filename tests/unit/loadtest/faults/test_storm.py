"""The storm's restart: every worker killed, and others looked for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from loadtest.faults import stack_processes, storm
from loadtest.faults.fault import Window
from loadtest.faults.storm import STORM, ApiRestart
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.target import LoadError
from tests.unit.loadtest.faults.builders import fault_context


def restarted(monkeypatch: pytest.MonkeyPatch, *seen: set[int] | None) -> tuple[list[int], dict[str, Any]]:
    """What is killed and told, where one look after the other shows these workers (None: no API is there)."""
    killed: list[int] = []
    looks = iter((seen[0], *seen))

    def workers(_: object) -> set[int]:
        if (found := next(looks)) is None:
            raise LoadError("the API does not run on this machine")
        return found

    monkeypatch.setattr(stack_processes, "api_workers", workers)
    monkeypatch.setattr(stack_processes, "kill", killed.append)
    monkeypatch.setattr(storm, "_LOOK_S", 0.0)

    async def run() -> dict[str, Any]:
        restart = ApiRestart(fault_context())
        await restart.inject()
        await restart.lift()
        return {remark.name: (remark.value, remark.broken) for remark in await restart.findings([])}

    return killed, asyncio.run(run())


def test_all_are_killed_and_it_is_told_when_as_many_others_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    killed, told = restarted(monkeypatch, {1, 2}, {1, 2}, None, {3}, {3, 4})
    assert killed == [1, 2]
    assert told["workers_killed"] == (2, None)
    after, broken = told["other_workers_after_s"]
    assert after >= 0
    assert broken is None


def test_workers_that_never_come_back_are_not_as_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storm, "_PATIENCE_S", 0.0)
    _, told = restarted(monkeypatch, {1, 2})
    assert told["other_workers_after_s"] == (None, "no workers again within 0 s")


def test_where_no_api_runs_here_nothing_can_be_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LoadError):
        restarted(monkeypatch, None)


def test_what_was_never_inflicted_saw_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_processes, "api_workers", lambda _: {1, 2})
    assert asyncio.run(ApiRestart(fault_context()).findings([])) == []


def test_nothing_is_forgiven_but_503_and_the_minute_of_the_sign_ins_begins_with_the_restart() -> None:
    plan = Plan(LEVELS["storm"], 180.0, 0.1, 1)
    window = STORM.window(plan.seconds)
    assert window == Window(plan.restart_at, plan.restart_at)
    expectation = STORM.expected(window)
    assert expectation.errors == {"overloaded", "database-unavailable"}
    assert expectation.recovery_within_s == 60
