"""Each test person gets the complete answer that the data expects, from a real fund."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eligibility_api.domain.dates import day_in_japan
from shikaku.persons.answers import expected_answer
from shikaku.persons.dataset import load_dataset
from shikaku.persons.person import INSTITUTIONS
from tests.builders.database import Database
from tests.builders.fund import open_fund
from tests.builders.fund_clients import CLINIC
from tests.persons.reception import Reception
from tests.persons.scenario import Scenario, questions

pytestmark = pytest.mark.anyio

CASES = [
    pytest.param(person, position, id=f"{person}-{question.by}-{position + 1}")
    for person, position, question in questions(load_dataset())
]


@pytest.fixture(scope="module")
async def scenario(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scenario]:
    """All persons at a fund of their own, after the changes."""
    home: Path = tmp_path_factory.mktemp("persons")
    async with open_fund(database, home) as fund:
        data = load_dataset(day_in_japan(fund.clock()))
        insurers = {
            name: await fund.admit_insurer(insurer.number, insurer.name)
            for name, insurer in data.insurers.items()
        }
        cards = home / "cards"
        cards.mkdir()
        scenario = Scenario(data, fund, Reception(fund), insurers, cards)
        await scenario.set_up()
        await scenario.apply_changes()
        yield scenario


def test_the_asking_clinic_is_the_one_with_the_tickets() -> None:
    assert INSTITUTIONS["here"]["institution_code"] == CLINIC


@pytest.mark.parametrize(("person_id", "position"), CASES)
async def test_a_person_gets_the_expected_answer(scenario: Scenario, person_id: str, position: int) -> None:
    person = scenario.data.person(person_id)
    question = person.questions[position]
    if question.when == "before":
        outcome = scenario.outcomes_before[person_id, position]
    else:
        outcome = await scenario.ask(person, question)
    assert outcome == (question.problem or expected_answer(scenario.data, person, question))


@pytest.mark.parametrize("person_id", [person.id for person in load_dataset().persons if person.paper])
async def test_a_person_gets_a_paper_certificate_or_a_notice(scenario: Scenario, person_id: str) -> None:
    """Rule K1."""
    assert scenario.papers[person_id] == scenario.data.person(person_id).paper
