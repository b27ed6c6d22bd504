"""Jobs run side by side until they are cancelled; one that fails is logged without its text and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from eligibility_api import jobs
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.jobs import FILE_SIZES, JobContext, all_jobs, run_jobs
from tests.builders.scripted_database import ScriptedDatabase, scripted_state

pytestmark = pytest.mark.anyio

CONTEXT = JobContext(scripted_state(), ScriptedDatabase())  # type: ignore[arg-type]


class Pauses:
    """The pauses between steps; ends the run after so many of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
        self.taken: list[float] = []
        self.most = most
        monkeypatch.setattr(jobs.asyncio, "sleep", self.sleep)  # type: ignore[attr-defined]

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        if len(self.taken) >= self.most:
            raise asyncio.CancelledError


def step(*results: bool | Exception) -> Callable[[], Awaitable[bool]]:
    """A job whose steps have these results."""
    left = list(results)

    async def run() -> bool:
        result = left.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    return run


async def run(monkeypatch: pytest.MonkeyPatch, *results: bool | Exception) -> list[float]:
    """The pauses of one job with these results."""
    pauses = Pauses(monkeypatch, len(results))
    monkeypatch.setattr(jobs, "all_jobs", lambda _: {"uploads_1": step(*results)})
    await run_jobs(CONTEXT)
    return pauses.taken


async def test_a_job_continues_at_once_while_it_has_work_and_checks_again_after_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await run(monkeypatch, True, True, False, True, False) == [0.0, 0.0, 0.25, 0.0, 0.25]


async def test_the_longer_a_job_finds_nothing_the_longer_it_pauses_but_for_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses = await run(monkeypatch, *[False] * 12, True, False)
    assert pauses[:3] == pytest.approx([0.25, 0.3, 0.36])
    assert pauses[:12] == sorted(pauses[:12])
    assert pauses[9:] == [1.0, 1.0, 1.0, 0.0, 0.25]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ShikakuError("register-unavailable", retry_after=10), "register-unavailable"),
        (ValueError("試験　見本, born 1980-05-17"), ""),
        (OSError("disk"), ""),
    ],
)
async def test_a_job_that_fails_is_logged_by_code_and_type_and_tried_again_later(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    with capture_logs() as log:
        assert await run(monkeypatch, error, True) == [5.0, 0.0]
    [line] = log
    assert (line["event"], line["code"], line["cause"]) == ("uploads_1_failed", code, type(error).__name__)
    assert "1980" not in str({name: value for name, value in line.items() if name != "exc_info"})


def test_every_kind_of_work_has_its_job() -> None:
    names: Any = sorted(all_jobs(CONTEXT))
    assert names == [
        "batches",
        *(f"claims_{place}" for place in sorted(FILE_SIZES)),
        "look_ups",
        *(f"uploads_{place}" for place in sorted(FILE_SIZES)),
        "webhooks",
    ]
