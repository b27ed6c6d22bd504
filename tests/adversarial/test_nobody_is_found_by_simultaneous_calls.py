"""Single calls of an insurer find nobody by trial: the hourly limit holds however many calls run at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx2
import pytest

from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.insurers import NOWHERE, Insurer, admit

pytestmark = pytest.mark.anyio

LIMIT = 6


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with a low limit."""
    async with open_fund(database, tmp_path_factory.mktemp("fund"), mismatches_per_hour=LIMIT) as opened:
        yield opened


async def enrol_all(
    fund: Fund, insurer: Insurer, requests: Iterable[dict[str, Any]]
) -> list[httpx2.Response]:
    """Enrol new persons, all at once."""
    await fund.token(insurer.program)
    calls = [fund.enrol(fund.person(), credential=insurer.program, **request) for request in requests]
    return list(await asyncio.gather(*calls))


async def count(fund: Fund, insurer: Insurer) -> tuple[int, int]:
    """The insurer's counted mismatches, and its queries that are not answered."""
    [row] = await fund.owner.fetch(
        "SELECT mismatches, pending FROM mismatch_count WHERE insurer_number = $1", [insurer.number]
    )
    return row["mismatches"], row["pending"]


def accepted(responses: Iterable[httpx2.Response]) -> int:
    """How many calls were carried out; every other one must have been refused by the limit."""
    codes = [response.status_code for response in responses]
    assert set(codes) <= {201, 429}
    return codes.count(201)


async def test_of_simultaneous_wrong_guesses_as_many_as_the_limit_are_answered(fund: Fund) -> None:
    insurer = await admit(fund)
    guesses = await enrol_all(fund, insurer, [{"address": f"{NOWHERE}{n}"} for n in range(18)])
    assert accepted(guesses) == LIMIT
    assert await count(fund, insurer) == (LIMIT, 0)


async def test_beyond_the_limit_simultaneous_right_guesses_are_not_answered_either(fund: Fund) -> None:
    insurer = await admit(fund)
    await enrol_all(fund, insurer, [{"address": NOWHERE}] * LIMIT)
    assert accepted(await enrol_all(fund, insurer, [{}, {"address": NOWHERE}] * 10)) == 0


async def test_right_guesses_among_simultaneous_wrong_ones_are_found_within_the_limit_only(
    fund: Fund,
) -> None:
    """Many guesses sent at once reveal no more than the limit allows: all others are unanswered."""
    insurer = await admit(fund)
    responses = await enrol_all(fund, insurer, [{"address": NOWHERE}] * 14 + [{}] * 4)
    matches = [r.json()["match"] for r in responses if r.status_code == 201]
    assert matches.count("none") <= LIMIT
    assert await count(fund, insurer) == (matches.count("none"), 0)


async def test_simultaneous_calls_about_members_who_are_found_count_nothing(fund: Fund) -> None:
    insurer = await admit(fund)
    responses = await enrol_all(fund, insurer, [{}] * 14)
    refused = [response for response in responses if response.status_code == 429]
    assert accepted(responses) >= LIMIT
    assert {response.headers["Retry-After"] for response in refused} <= {"1"}
    assert await count(fund, insurer) == (0, 0)
    assert accepted(await enrol_all(fund, insurer, [{}] * LIMIT)) == LIMIT


async def test_a_refusal_at_the_limit_lasts_until_the_next_hour(fund: Fund) -> None:
    insurer = await admit(fund)
    await enrol_all(fund, insurer, [{"address": NOWHERE}] * LIMIT)
    [refused] = await enrol_all(fund, insurer, [{}])
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600


async def test_a_query_that_was_not_answered_is_given_back(fund: Fund) -> None:
    insurer = await admit(fund)
    fund.jlis_connection.cut = True
    failed = [await fund.enrol(fund.person(), credential=insurer.program) for _ in range(LIMIT + 1)]
    fund.jlis_connection.cut = False
    assert {response.json()["code"] for response in failed} == {"register-unavailable"}
    assert await count(fund, insurer) == (0, 0)


async def test_a_change_that_is_refused_after_the_register_was_asked_is_given_back(fund: Fund) -> None:
    insurer, person = await admit(fund), fund.person()
    for _ in range(LIMIT + 2):
        last = await fund.enrol(person, credential=insurer.program)
    assert last.json()["code"] == "enrolment-overlap"
    assert await count(fund, insurer) == (0, 0)


@pytest.mark.parametrize("action", ["move", "confirm", "correct", "unlink"])
async def test_every_call_that_asks_the_register_counts(fund: Fund, action: str) -> None:
    insurer, person = await admit(fund), fund.person()
    first = await fund.enrol(
        person, credential=insurer.program, **({"address": NOWHERE} if action == "confirm" else {})
    )
    before = (await count(fund, insurer))[0]
    items = fund.enrolment_body(person, insurer=insurer.program, address=f"{NOWHERE}1")
    key = {name: items[name] for name in ("insurer_number", "symbol", "number", "branch", "birth_date")}
    path, body = {
        "move": ("enrolments/move", key | {"address": f"{NOWHERE}1"}),
        "correct": ("enrolments/correct", {"former": key, "member": items}),
        "confirm": ("mismatches/confirm", {"enrolment_id": first.json()["enrolment_id"]}),
        "unlink": (
            "enrolments/unlink",
            {
                "enrolment_id": first.json()["enrolment_id"],
                "corrected": {name: items[name] for name in ("name", "name_kana", "sex", "address")},
            },
        ),
    }[action]
    response = await fund.post(f"/v1/{path}", body, insurer.program)
    assert response.status_code == 200, response.text
    assert await count(fund, insurer) == (before + 1, 0)


async def test_a_repeated_call_with_its_key_counts_once(fund: Fund) -> None:
    insurer, person = await admit(fund), fund.person()
    await fund.token(insurer.program)
    same: dict[str, Any] = {"credential": insurer.program, "address": NOWHERE, "key": "same"}
    await asyncio.gather(*(fund.enrol(person, **same) for _ in range(4)))
    await fund.enrol(person, **same)
    assert await count(fund, insurer) == (1, 0)
