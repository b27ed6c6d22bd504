"""A crowd that is filled in: the fund answers about each of it as the model says, and its database is as it was."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import asyncpg
import pytest

from eligibility_api.contract.codes import FacilityKind
from jpki_mock.personalisation import CardOrder
from loadtest.clock import today_in_japan
from loadtest.dataset.bulk_load import fill, holds
from loadtest.dataset.bulk_population import BulkPopulation
from loadtest.dataset.request_bodies import number_body
from loadtest.model.answer import Question
from loadtest.target import LoadError
from tests.builders.fund import CLINIC, Fund, Person

pytestmark = pytest.mark.anyio

CROWD = BulkPopulation.of(600)
HOLDER = 7
NOT_BY_RULE = {"version", "record_id", "answered_at", "reference_number"}

_BUILT = """
SELECT conrelid::regclass::text || '.' || conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


async def built(fund: Fund) -> dict[str, str]:
    return {row["name"]: row["definition"] for row in await fund.owner.fetch(_BUILT, ())}


@pytest.fixture(scope="module")
async def crowded(fund: Fund) -> Fund:
    """The fund with the crowd in it, one of whom J-LIS knows."""
    before = await built(fund)
    resident = CROWD.resident(HOLDER)
    fund.jlis.register.add([resident])
    keys = {HOLDER: bytes.fromhex(fund.jlis.register.person_key(resident.resident_id))}
    told: list[str] = []
    dsn = fund.database.dsn("owner")
    assert not await holds(dsn, CROWD)
    await fill(dsn, CROWD, authority=bytes(32), person_keys=keys, tell=told.append)
    assert await built(fund) == before
    assert "600 of 600 people of the crowd" in told
    return fund


def by_rule(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in NOT_BY_RULE}


def question(**whom: Any) -> Question:
    return Question(today_in_japan(), CLINIC, FacilityKind.CLINIC, **whom)


async def test_each_is_answered_by_number_as_the_model_says(crowded: Fund) -> None:
    validities = set[str]()
    for number in range(1, 85):
        for row in CROWD.rows(number):
            asked = json.loads(number_body(row.membership))
            answer = (await crowded.post("/v1/eligibility/number", asked)).json()
            assert by_rule(answer) == CROWD.answer(question(membership=row.membership)), number
            validities.add(answer["validity"])
    assert validities == {"1", "3"}


async def test_who_has_a_card_registers_it_and_taps(crowded: Fund) -> None:
    resident = CROWD.resident(HOLDER)
    card = crowded.jlis.cards.issue(CardOrder(resident_id=resident.resident_id), crowded.clock())
    person = Person(resident, card)
    assert (await crowded.register(person.card)).status_code == 201
    answer = (await crowded.tap(person.card)).json()
    assert by_rule(answer) == CROWD.answer(question(person=resident.resident_id))
    assert len(answer["results"]) == 1


async def test_everybody_is_one_person_with_a_card_at_home_and_what_she_was_insured_by(crowded: Fund) -> None:
    rows = await crowded.owner.fetch(
        "SELECT count(*) AS enrolments, count(DISTINCT person_key) AS people FROM enrolment WHERE insurer_name LIKE '架空保険者%'",
        (),
    )
    said = sum(len(list(CROWD.rows(number))) for number in range(1, CROWD.people + 1))
    assert (rows[0]["enrolments"], rows[0]["people"]) == (said, CROWD.people)
    [bound] = await crowded.owner.fetch(
        "SELECT count(*) AS n FROM binding b JOIN enrolment e USING (person_key) WHERE b.authority = $1 AND e.lost_on IS NULL",
        [bytes(32)],
    )
    assert bound["n"] == CROWD.people


async def test_insurers_go_on_working_beside_it(crowded: Fund) -> None:
    person = await crowded.insured(birth_date=date(1990, 1, 2))
    assert (await crowded.tap(person.card)).json()["validity"] == "1"


async def test_the_same_crowd_is_known_again_and_another_is_refused(crowded: Fund) -> None:
    dsn = crowded.database.dsn("owner")
    assert await holds(dsn, CROWD)
    for other in (BulkPopulation.of(599), BulkPopulation.of(601)):
        with pytest.raises(LoadError):
            await holds(dsn, other)


async def test_an_interruption_leaves_nothing_behind(crowded: Fund) -> None:
    before = await built(crowded)

    def broken(_: str) -> None:
        raise RuntimeError

    with pytest.raises((RuntimeError, asyncpg.PostgresError)):
        await fill(
            crowded.database.dsn("owner"),
            BulkPopulation.of(300),
            authority=bytes(32),
            person_keys={},
            tell=broken,
        )
    assert await built(crowded) == before
