"""The examples of the interface's description are test persons, who get the answer that an example shows."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility_api.web.description.examples import read_examples
from scripts.example_docs import PATH, chosen, request
from shikaku.persons.answers import expected_answer
from shikaku.persons.dataset import load_dataset
from tests.persons.scenario import Scenario

pytestmark = pytest.mark.anyio

EXAMPLES = read_examples()[PATH]


def test_there_is_an_example_of_every_validity() -> None:
    assert sorted(example["answer"]["validity"] for example in EXAMPLES.values()) == list("123456")


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_is_answered_as_it_shows(scenario: Scenario, name: str) -> None:
    """Days that follow from today apart, which the person's data of today has."""
    example = EXAMPLES[name]
    response = await scenario.fund.post(PATH, example["request"])
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    assert set(answer) == set(example["answer"])
    assert (answer["version"] is None) == (example["answer"]["version"] is None)
    [(person, question)] = [one for one in chosen(scenario.data) if name == f"{one[1].validity}-{one[0].id}"]
    assert request(scenario.data, person, question) == example["request"]
    expected = expected_answer(scenario.data, person, question)
    assert {item: answer[item] for item in expected} == expected
    assert [set(result) for result in answer["results"]] == [
        set(result) for result in example["answer"]["results"]
    ]


def test_the_persons_are_chosen_on_every_day_alike() -> None:
    assert [f"{question.validity}-{person.id}" for person, question in chosen(load_dataset())] == list(EXAMPLES)
