"""The bulk population: each person is computed from her number, and is distinct from all others."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.identifiers import insurer_number, is_late_elderly
from jpki_mock.register.matching import Attributes, Folded, differences
from jpki_mock.register.resident import Resident
from loadtest.dataset.bulk_population import (
    CHANGED_ON,
    MAX_REGISTERED,
    RARE_EVERY,
    SHORT_EVERY,
    WRITTEN_EVERY,
    BulkPartition,
    BulkPopulation,
)
from loadtest.model.answer import Question

DAY = date(2026, 11, 26)
BULK = BulkPopulation.of(40_000)


def question(number: int, *, by_card: bool) -> Question:
    person = BULK.resident(number).resident_id if by_card else None
    membership = None if by_card else BULK.membership(number)
    return Question(DAY, "1311111114", FacilityKind.CLINIC, person=person, membership=membership)


@pytest.mark.parametrize("people", [1, 600, 36_000, 10_000_000])
def test_the_number_of_insurers_follows_from_the_people_and_their_numbers_are_valid(people: int) -> None:
    bulk = BulkPopulation.of(people)
    assert bulk.insurers
    assert tuple(map(insurer_number, bulk.insurers)) == bulk.insurers
    assert len(set(bulk.insurers)) == len(bulk.insurers)
    assert all(map(is_late_elderly, bulk.late_elderly))
    assert len(bulk.societies) == max(2, -(-people // 36_000))


def test_cardholders_are_evenly_spaced_and_in_the_register() -> None:
    bulk = BulkPopulation.of(10_000_000)
    registered = set(bulk.cardholders(MAX_REGISTERED))
    for maximum in (1, 7, 1000, MAX_REGISTERED):
        holders = bulk.cardholders(maximum)
        assert 0 < len(holders) <= maximum
        assert registered.issuperset(holders)
    assert max(bulk.cardholders(1000)) > 9_900_000


@pytest.mark.parametrize("by_card", [True, False])
def test_each_person_has_exactly_one_valid_membership(by_card: bool) -> None:
    for number in range(1, 500):
        answer = BULK.answer(question(number, by_card=by_card))
        assert (answer["validity"], len(answer["results"])) == ("1", 1), number
        assert answer["results"][0]["name"] == BULK.written(number).name


def attributes(resident: Resident) -> Attributes:
    return Attributes(resident.name, resident.name_kana, resident.birth_date, resident.sex, resident.address)


SPELLED = {
    1: [],
    RARE_EVERY: [],
    WRITTEN_EVERY: [("name", "missing")],
    2 * WRITTEN_EVERY: [("name", "character")],
    SHORT_EVERY: [("address", "address")],
    2 * WRITTEN_EVERY * SHORT_EVERY: [("name", "character"), ("address", "address")],
}


@pytest.mark.parametrize("number", SPELLED)
def test_the_register_would_propose_whoever_is_written_otherwise(number: int) -> None:
    """Rules J2, J3 and R8."""
    written, register = attributes(BULK.written(number)), attributes(BULK.resident(number))
    assert [(one.item.value, one.kind.value) for one in differences(written, register)] == SPELLED[number]
    assert Folded.of(written).fits(Folded.of(register))
    assert (written == register) is (SPELLED[number] == [])


@pytest.mark.slow
def test_as_many_are_rare_and_written_otherwise_as_in_the_field() -> None:
    """B16: 4.4 % of names hold a character that Shift_JIS lacks, 1.2 % of members are spelled otherwise."""
    people = range(1, 100_001)
    rare = sum("𠮷" in BULK.resident(number).name for number in people)
    otherwise = sum(BULK.written(number) != BULK.resident(number) for number in people)
    assert 0.042 < rare / len(people) < 0.046
    assert 0.011 < otherwise / len(people) < 0.013


def test_an_earlier_membership_has_ended_and_a_newer_one_exists() -> None:
    number, rows = next((n, rows) for n in range(1, 100) if len(rows := list(BULK.rows(n))) == 2)
    before = rows[1].membership
    answer = BULK.answer(Question(DAY, "1311111114", FacilityKind.CLINIC, membership=before))
    assert (answer["validity"], answer["results"][0]["lost_on"]) == ("3", CHANGED_ON.isoformat())
    assert before.insurer_number != BULK.membership(number).insurer_number


def test_there_are_more_enrolments_than_people_as_nationwide() -> None:
    rows = sum(len(list(BULK.rows(number))) for number in range(1, 10_000))
    assert 1.1 < rows / 10_000 < 1.3


def test_all_ages_occur_and_late_elderly_members_have_the_age_for_it() -> None:
    ages = Counter((DAY - BULK.resident(n).birth_date).days // 3652 for n in range(1, 20_000))
    assert set(ages) == set(range(10))
    for number in range(6, 6000, 6):
        assert BULK.membership(number).insurer_number in BULK.late_elderly
        assert BULK.resident(number).birth_date < date(1951, 11, 26)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_partitions_are_complete_and_disjoint(count: int) -> None:
    parts = BulkPartition(100).partition(count)
    numbers = [part.number(index) for part in parts for index in range(len(part))]
    assert sorted(numbers) == list(range(1, 101))
