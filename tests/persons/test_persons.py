"""Each test person gets the complete answer that the data expects, from a real fund; the interface's examples too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.errors import SHOWN_CATALOGUE
from clinic_terminal.exchange.result_codes import RESULT_CODES
from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.store import TerminalStore
from eligibility_api.contract.errors import ErrorKind
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.web.description.examples import read_examples
from scripts.example_docs import PATH, chosen, request
from shikaku.persons.answers import expected_answer
from shikaku.persons.dataset import load_dataset
from shikaku.persons.person import INSTITUTIONS
from tests.builders.database import Database
from tests.builders.fund import open_fund
from tests.builders.fund_clients import CLINIC
from tests.builders.message_reader import read_result
from tests.persons.expected_elements import comparable, expected_body
from tests.persons.reception import Reception
from tests.persons.scenario import Scenario, questions

pytestmark = pytest.mark.anyio

CASES = [
    pytest.param(person, position, id=f"{person}-{question.by}-{position + 1}")
    for person, position, question in questions(load_dataset())
]


EXAMPLES = read_examples()[PATH]


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


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TerminalStore]:
    """The store of the clinic's terminal."""
    with TerminalStore.open(tmp_path_factory.mktemp("terminal")) as opened:
        yield opened


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


@pytest.mark.parametrize(
    ("person_id", "position"),
    [
        pytest.param(person, position, id=f"{person}-{question.by}-{position + 1}")
        for person, position, question in questions(load_dataset())
        if question.when == "after" and not question.known and not question.agrees
    ],
)
async def test_a_clinics_software_gets_the_same_answer_as_a_message(
    scenario: Scenario, store: TerminalStore, person_id: str, position: int
) -> None:
    """By the elements of an independent reader: all of them, and no others."""
    person = scenario.data.person(person_id)
    question = person.questions[position]
    message = await scenario.message(person, question, store)
    if question.problem:
        assert has_no_answer(message, question.problem)
        return
    prefix = "OQSsiquc01res" if question.by == "number" else "OQSsiquc01res_face"
    read: Any = read_result(prefix, xml_codec.encode(message, Encoding.UTF_8).content)
    assert read["MessageHeader"]["ReferenceClassification"] == ("2" if question.by == "number" else "1")
    assert comparable(read["MessageBody"]) == expected_body(expected_answer(scenario.data, person, question))


def has_no_answer(message: Any, problem: str) -> bool:
    """Whether a message has the code of this problem and no answer; or is none, if the problem is the reader's."""
    if SHOWN_CATALOGUE[problem].kind is ErrorKind.CARD:
        return message is None
    header, body = message.header, message.body
    assert (body.validity, body.results) == (None, ())
    return RESULT_CODES[problem].number in {header.error_code, body.status_code}


@pytest.mark.parametrize("person_id", [person.id for person in load_dataset().persons if person.paper])
async def test_a_person_gets_a_paper_certificate_or_a_notice(scenario: Scenario, person_id: str) -> None:
    """Rule K1."""
    assert scenario.papers[person_id] == scenario.data.person(person_id).paper


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
    assert [f"{question.validity}-{person.id}" for person, question in chosen(load_dataset())] == list(
        EXAMPLES
    )


@pytest.mark.parametrize(
    ("person_id", "position"),
    [
        pytest.param(person.id, position, id=f"{person.label}-{check.drug}")
        for person in load_dataset().persons
        for position, check in enumerate(person.checks)
    ],
)
async def test_the_check_of_medication_finds_what_is_expected(
    scenario: Scenario, person_id: str, position: int
) -> None:
    """Rules M1, M3, M4, M7."""
    person = scenario.data.person(person_id)
    check = person.checks[position]
    assert await scenario.is_duplicate(person, check) is check.duplicate


@pytest.mark.parametrize(
    ("person_id", "position"),
    [
        pytest.param(person.id, position, id=f"{person.label}-{history.resource}")
        for person in load_dataset().persons
        for position, history in enumerate(person.histories)
    ],
)
async def test_a_history_shows_exactly_what_is_listed(
    scenario: Scenario, person_id: str, position: int
) -> None:
    """Rules H9, H20: of a claim with diagnoses, tests and fees."""
    person = scenario.data.person(person_id)
    history = person.histories[position]
    page = await scenario.history(person, history.resource)
    match history.resource:
        case "medications":
            assert sorted(one["drug_code"] for one in page["medicines"]) == sorted(history.drugs)
        case "diagnoses":
            assert (page["provider"], page["diagnoses"]) == (None, [])
        case _:
            assert sorted(one["kind"] for one in page["treatments"]) == sorted(history.kinds)
