"""The crowd: everybody follows from her number, and everybody is somebody of her own."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.numbers import is_insurer_number, is_late_elderly_number
from loadtest.dataset.bulk_population import CHANGED_ON, NAMED, BulkPartition, BulkPopulation
from loadtest.model.answer import Question

DAY = date(2026, 11, 26)
CROWD = BulkPopulation.of(40_000)


def question(number: int, *, by_card: bool) -> Question:
    person = CROWD.resident(number).resident_id if by_card else None
    membership = None if by_card else CROWD.membership(number)
    return Question(DAY, "1311111114", FacilityKind.CLINIC, person=person, membership=membership)


@pytest.mark.parametrize("people", [1, 600, 36_000, 10_000_000])
def test_insurers_are_as_many_as_the_people_need_and_their_numbers_are_valid(people: int) -> None:
    bulk = BulkPopulation.of(people)
    assert all(map(is_insurer_number, bulk.insurers))
    assert len(set(bulk.insurers)) == len(bulk.insurers)
    assert all(map(is_late_elderly_number, bulk.late_elderly))
    assert len(bulk.societies) == max(2, -(-people // 36_000))


def test_who_holds_a_card_comes_evenly_from_all_of_it_and_the_register_knows_her() -> None:
    bulk = BulkPopulation.of(10_000_000)
    known = set(bulk.holders(NAMED))
    for most in (1, 7, 1000, NAMED):
        holders = bulk.holders(most)
        assert 0 < len(holders) <= most
        assert known.issuperset(holders)
    assert max(bulk.holders(1000)) > 9_900_000


@pytest.mark.parametrize("by_card", [True, False])
def test_everybody_is_validly_insured_once(by_card: bool) -> None:
    for number in range(1, 500):
        answer = CROWD.answer(question(number, by_card=by_card))
        assert (answer["validity"], len(answer["results"])) == ("1", 1), number
        assert answer["results"][0]["name"] == CROWD.resident(number).name


def test_a_former_membership_has_ended_and_a_newer_one_is_there() -> None:
    number, rows = next((n, rows) for n in range(1, 100) if len(rows := list(CROWD.rows(n))) == 2)
    before = rows[1].membership
    answer = CROWD.answer(Question(DAY, "1311111114", FacilityKind.CLINIC, membership=before))
    assert (answer["validity"], answer["results"][0]["lost_on"]) == ("3", CHANGED_ON.isoformat())
    assert before.insurer_number != CROWD.membership(number).insurer_number


def test_there_are_more_enrolments_than_people_as_in_the_nation() -> None:
    rows = sum(len(list(CROWD.rows(number))) for number in range(1, 10_000))
    assert 1.1 < rows / 10_000 < 1.3


def test_all_ages_are_there_and_who_is_late_elderly_is_of_that_age() -> None:
    ages = Counter((DAY - CROWD.resident(n).birth_date).days // 3652 for n in range(1, 20_000))
    assert set(ages) == set(range(10))
    for number in range(6, 6000, 6):
        assert CROWD.membership(number).insurer_number in CROWD.late_elderly
        assert CROWD.resident(number).birth_date < date(1951, 11, 26)


@pytest.mark.parametrize("hands", [1, 2, 3, 7])
def test_shares_dealt_out_are_all_of_it_and_each_person_is_in_one(hands: int) -> None:
    shares = BulkPartition(100).deal(hands)
    numbers = [share.number(place) for share in shares for place in range(len(share))]
    assert sorted(numbers) == list(range(1, 101))
