"""A loaded bulk population: the fund's answers equal the reference model's, and the schema is unchanged."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import asyncpg
import pytest

from eligibility_api.contract.codes import FacilityKind
from jpki_mock.personalisation import CardOrder
from loadtest.clock import today_in_japan
from loadtest.dataset.bulk_load import bulk_load, is_loaded
from loadtest.dataset.bulk_population import SHORT_EVERY, WRITTEN_EVERY, BulkPopulation
from loadtest.dataset.nation import INSURER_OF_EVERY_POPULATION, has_population
from loadtest.dataset.request_bodies import number_body
from loadtest.errors import LoadError
from loadtest.model.answer import Question
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

BULK = BulkPopulation.of(600)
HOLDER = 7
SPELLED = {WRITTEN_EVERY: ["missing"], 2 * WRITTEN_EVERY: ["character"], SHORT_EVERY: ["address"]}
"""Numbers of people who are spelled otherwise than in the register, by the kind of difference."""
NOT_BY_RULE = {"version", "record_id", "answered_at", "reference_number", "certificate_renewal"}

_SCHEMA = """
SELECT conrelid::regclass::text || '.' || conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


async def schema(fund: Fund) -> dict[str, str]:
    return {row["name"]: row["definition"] for row in await fund.owner.fetch(_SCHEMA, ())}


@pytest.fixture(scope="module")
async def loaded(fund: Fund) -> Fund:
    """The fund with the bulk population loaded; one person is in J-LIS's register."""
    before = await schema(fund)
    resident = BULK.resident(HOLDER)
    fund.jlis.register.add([resident])
    keys = {HOLDER: bytes.fromhex(fund.jlis.register.person_key(resident.resident_id))}
    steps: list[str] = []
    dsn = fund.database.dsn("owner")
    assert not await is_loaded(dsn, BULK)
    await bulk_load(dsn, BULK, authority=bytes(32), person_keys=keys, progress=steps.append)
    assert await schema(fund) == before
    assert "600 of 600 people of the bulk population" in steps
    return fund


def by_rule(answer: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in answer.items() if name not in NOT_BY_RULE}
    for result in shown.get("results", ()):
        del result["limit_certificate_consent_at"]
    return shown


def question(**subject: Any) -> Question:
    return Question(today_in_japan(), CLINIC, FacilityKind.CLINIC, **subject)


async def test_answers_by_number_equal_the_models(loaded: Fund) -> None:
    validities = set[str]()
    for number in (*range(1, 85), *SPELLED):
        for row in BULK.rows(number):
            body = json.loads(number_body(row.membership))
            answer = (await loaded.post("/v1/eligibility/number", body)).json()
            assert by_rule(answer) == BULK.answer(question(membership=row.membership)), number
            validities.add(answer["validity"])
    assert validities == {"1", "3"}


async def test_a_cardholder_registers_and_taps(loaded: Fund) -> None:
    resident = BULK.resident(HOLDER)
    card = loaded.jlis.cards.issue(CardOrder(resident_id=resident.resident_id), loaded.clock())
    person = Person(resident, card)
    assert (await loaded.register(person.card)).status_code == 201
    answer = (await loaded.tap(person.card)).json()
    assert by_rule(answer) == BULK.answer(question(person=resident.resident_id))
    assert len(answer["results"]) == 1


async def test_each_person_has_a_binding_and_her_enrolments(loaded: Fund) -> None:
    rows = await loaded.owner.fetch(
        "SELECT count(*) AS enrolments, count(DISTINCT person_key) AS people FROM enrolment WHERE insurer_name LIKE '架空保険者%'",
        (),
    )
    expected = sum(len(list(BULK.rows(number))) for number in range(1, BULK.people + 1))
    assert (rows[0]["enrolments"], rows[0]["people"]) == (expected, BULK.people)
    [bound] = await loaded.owner.fetch(
        "SELECT count(*) AS n FROM binding b JOIN enrolment e USING (person_key) WHERE b.authority = $1 AND e.lost_on IS NULL",
        [bytes(32)],
    )
    assert bound["n"] == BULK.people


@pytest.mark.parametrize("number", SPELLED)
async def test_whoever_is_spelled_otherwise_is_confirmed_as_the_register_would_propose_her(
    loaded: Fund, number: int
) -> None:
    """Rule R9: and a file with another number asks for no other confirmation."""
    resident = BULK.resident(number)
    loaded.jlis.register.add([resident])
    written = BULK.written(number)
    matched = await loaded.state.jlis.match(
        name=written.name,
        name_kana=written.name_kana,
        birth_date=written.birth_date,
        sex=written.sex,
        address=written.address,
    )
    [row] = await loaded.owner.fetch(
        "SELECT e.register_match, e.mismatch, e.differences::text AS differences FROM enrolment e"
        " WHERE e.number = $1 AND e.insurer_name LIKE '架空保険者%' AND e.lost_on IS NULL",
        [str(number)],
    )
    assert (matched.match, row["register_match"], row["mismatch"]) == ("variant", "variant", "confirmed")
    assert json.loads(row["differences"]) == list(matched.differences)
    assert [one["kind"] for one in matched.differences] == SPELLED[number]


async def test_other_insurers_are_not_affected(loaded: Fund) -> None:
    person = await loaded.insured(birth_date=date(1990, 1, 2))
    assert (await loaded.tap(person.card)).json()["validity"] == "1"


async def test_the_same_population_is_recognised_and_another_size_rejected(loaded: Fund) -> None:
    dsn = loaded.database.dsn("owner")
    assert await is_loaded(dsn, BULK)
    for other in (BulkPopulation.of(599), BulkPopulation.of(601)):
        with pytest.raises(LoadError):
            await is_loaded(dsn, other)


async def test_a_generated_population_is_recognised_and_no_bulk_population_taken_for_one(
    loaded: Fund,
) -> None:
    dsn = loaded.database.dsn("owner")
    assert not await has_population(dsn)
    await loaded.admit_insurer(INSURER_OF_EVERY_POPULATION)
    assert await has_population(dsn)


async def test_an_interruption_leaves_nothing_behind(loaded: Fund) -> None:
    before = await schema(loaded)

    def broken(_: str) -> None:
        raise RuntimeError

    with pytest.raises((RuntimeError, asyncpg.PostgresError)):
        await bulk_load(
            loaded.database.dsn("owner"),
            BulkPopulation.of(300),
            authority=bytes(32),
            person_keys={},
            progress=broken,
        )
    assert await schema(loaded) == before
