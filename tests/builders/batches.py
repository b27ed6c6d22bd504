"""Batch checks for tests: rows, submission, and the job that answers them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx2

from eligibility_api.batches.job import BatchJob, RateLimiter
from eligibility_api.contract.batches import BATCHES_PATH as PATH
from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER
from tests.builders.people import Person


def batch_job(fund: Fund, **settings: Any) -> BatchJob:
    """A newly started job without a rate limit; `settings` replaces some of its settings."""
    configured = fund.state.settings.model_copy(update=settings)
    return BatchJob(replace(fund.state, settings=configured), fund.batch, RateLimiter(1e9))


async def run_until_idle(fund: Fund, misses_per_day: int = 1_000) -> int:
    """Run steps until no batch is open, each by a new job; returns their number."""
    steps = 0
    while await batch_job(fund, batch_misses_per_day=misses_per_day).run_step():
        steps += 1
    return steps


def row_of(person: Person, **more: Any) -> dict[str, Any]:
    """The row of a person as `Fund.enrol` enrols her; `more` replaces items."""
    resident = person.resident
    row = {
        "insurer_number": INSURER,
        "symbol": "見本",
        "number": resident.resident_id[1:],
        "branch": "00",
        "birth_date": resident.birth_date.isoformat(),
    }
    return row | more


def unknown_row(number: int = 0, **more: Any) -> dict[str, Any]:
    """A row that matches no member."""
    row = {"insurer_number": INSURER, "number": f"nobody-{number}", "birth_date": "1980-05-17"}
    return row | more


async def enrolled(fund: Fund) -> Person:
    """A person who is enrolled."""
    person = fund.person()
    assert (await fund.enrol(person)).status_code == 201
    return person


async def submit(
    fund: Fund, rows: list[dict[str, Any]], clinic: Credential | None = None, **more: Any
) -> httpx2.Response:
    """Submit a batch."""
    return await fund.post(PATH, {"rows": rows} | more, clinic)


async def accepted(fund: Fund, rows: list[dict[str, Any]], clinic: Credential | None = None) -> str:
    """Submit a batch that is accepted; returns its id."""
    response = await submit(fund, rows, clinic)
    assert response.status_code == 202, response.text
    return str(response.json()["batch_id"])


async def get(fund: Fund, path: str, clinic: Credential | None = None, *, tag: str = "") -> httpx2.Response:
    """GET below the path of batches, with `If-None-Match`."""
    token = await fund.token(clinic or fund.clinic)
    headers = {"Authorization": f"Bearer {token}", "If-None-Match": tag}
    return await fund.http.get(f"{PATH}/{path}", headers=headers)


async def fetched(fund: Fund, batch: str, **query: int) -> list[dict[str, Any]]:
    """The results of a batch."""
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    response = await get(fund, f"{batch}/results?{parameters}")
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]
