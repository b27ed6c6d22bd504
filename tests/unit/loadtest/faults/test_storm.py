"""The storm's restart: every worker is killed, and others are awaited."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from loadtest.errors import LoadError
from loadtest.faults import stack_processes
from loadtest.faults.fault import Window
from loadtest.faults.storm import STORM, ApiRestart
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from tests.unit.loadtest.faults.builders import fault_context


def restarted(
    monkeypatch: pytest.MonkeyPatch, *observed: set[int] | None
) -> tuple[list[int], dict[str, Any]]:
    """The killed processes and the findings, if polls find these workers in turn (None: no API runs)."""
    killed: list[int] = []
    polls = iter((observed[0], *observed))

    def workers(_: object) -> set[int]:
        if (found := next(polls)) is None:
            raise LoadError("the API does not run on this machine")
        return found

    monkeypatch.setattr(stack_processes, "api_workers", workers)
    monkeypatch.setattr(stack_processes, "kill", killed.append)
    monkeypatch.setattr(stack_processes, "_POLL_S", 0.0)

    async def run() -> dict[str, Any]:
        restart = ApiRestart(fault_context())
        await restart.inject()
        await restart.remove()
        return {one.name: (one.value, one.violation) for one in await restart.findings([])}

    return killed, asyncio.run(run())


def test_all_workers_are_killed_and_the_restart_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    killed, findings = restarted(monkeypatch, {1, 2}, {1, 2}, None, {3}, {3, 4})
    assert killed == [1, 2]
    assert findings["workers_killed"] == (2, None)
    after, violation = findings["workers_restarted_after_s"]
    assert after >= 0
    assert violation is None


def test_workers_that_never_restart_are_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_processes, "RESTART_TIMEOUT_S", 0.0)
    _, findings = restarted(monkeypatch, {1, 2})
    after, violation = findings["workers_restarted_after_s"]
    assert after is None
    assert violation.en.startswith("the workers did not restart within")


def test_an_api_on_another_machine_cannot_be_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LoadError):
        restarted(monkeypatch, None)


def test_a_restart_that_was_never_injected_did_not_take_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_processes, "api_workers", lambda _: {1, 2})
    [finding] = asyncio.run(ApiRestart(fault_context()).findings([]))
    assert (finding.name, finding.took_hold) == ("workers_killed", False)


def test_only_503_is_permitted_and_the_sign_ins_begin_with_the_restart() -> None:
    plan = Plan(LEVELS["storm"], 180.0, 0.1, 1)
    window = STORM.window(plan.seconds)
    assert window == Window(plan.restart_at, plan.restart_at)
    expectation = STORM.expected(window)
    assert expectation.errors == {"overloaded", "database-unavailable"}
    assert expectation.recovery_within_s == 60
