"""Every test person is answered as the data says, by hand and from the rules: the whole answer, at a real fund."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.persons.answers import answer
from demo.persons.person import INSTITUTIONS
from demo.persons.stage import stage
from eligibility_api.domain.dates import day_in_japan
from tests.builders.database import Database
from tests.builders.fund import CLINIC, open_fund
from tests.persons.desk import Desk
from tests.persons.story import Story, questions

pytestmark = pytest.mark.anyio

CASES = [
    pytest.param(person, place, id=f"{person}-{asked.by}-{place + 1}")
    for person, place, asked in questions(stage())
]


@pytest.fixture(scope="module")
async def story(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    """All persons at a fund of their own, their lives told to the end."""
    home: Path = tmp_path_factory.mktemp("persons")
    async with open_fund(database, home) as fund:
        data = stage(day_in_japan(fund.clock()))
        insurers = {
            name: await fund.admit_insurer(insurer.number, insurer.name)
            for name, insurer in data.insurers.items()
        }
        cards = home / "cards"
        cards.mkdir()
        told = Story(data, fund, Desk(fund), insurers, cards)
        await told.begin()
        await told.go_on()
        yield told


def test_the_clinic_that_asks_is_the_one_with_the_tickets() -> None:
    assert INSTITUTIONS["here"]["institution_code"] == CLINIC


@pytest.mark.parametrize(("person_id", "place"), CASES)
async def test_a_person_is_answered_as_listed(story: Story, person_id: str, place: int) -> None:
    person = story.stage.person(person_id)
    asked = person.asked[place]
    if asked.when == "before":
        seen = story.earlier[person_id, place]
    else:
        seen = await story.ask(person, asked)
    assert seen == (asked.problem or answer(story.stage, person, asked))
