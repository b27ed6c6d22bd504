"""Rule version 2. The eligibility answer: validity, results and their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import FacilityKind, Validity
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.eligibility import AnswerInputs
from eligibility_api.domain.enrolment_version import EnrolmentVersion, Ticket
from eligibility_api.domain.version_2.eligibility import answer, select
from tests.unit.eligibility_api.domain.members import (
    CLINIC,
    DAY,
    DEPENDANT,
    KEY,
    LATE_ELDERLY,
    MUNICIPAL,
    OTHER_CLINIC,
    OTHER_PERSON,
    SOCIETY,
    TODAY,
    YEAR,
    aid,
    by_card,
    by_number,
    days,
    histories,
    insured,
    ticket,
)
from tests.unit.eligibility_api.domain.version_2.answers import full_answer

VALID, ENDED, NEWER = Validity.VALID, Validity.INVALID, Validity.INVALID_NEWER_EXISTS
NOT_FOUND, AMBIGUOUS, UNREGISTERED = Validity.NOT_FOUND, Validity.AMBIGUOUS, Validity.VALID_UNREGISTERED
TURNS_75 = TODAY.replace(year=TODAY.year - 75)
OPEN, CONFIRMED = Mismatch.OPEN, Mismatch.CONFIRMED

PLAIN = insured(1)
LOST = insured(1, TODAY - YEAR, TODAY)


def outcome(reading: AnswerInputs) -> tuple[Validity, list[int]]:
    selection = select(reading)
    return selection.validity, [e.version for e in selection.chosen]


@pytest.mark.parametrize(
    ("enrolments", "validity", "shown"),
    [
        pytest.param([], NOT_FOUND, [], id="nothing is known"),
        pytest.param([insured(1)], VALID, [1], id="insured since a year ago"),
        pytest.param([insured(1, TODAY)], VALID, [1], id="the first insured day"),
        pytest.param([insured(1, TODAY + DAY)], NOT_FOUND, [], id="insured from tomorrow on"),
        pytest.param([insured(1, TODAY + DAY, TODAY + YEAR)], NOT_FOUND, [], id="a period that lies ahead"),
        pytest.param([insured(1, TODAY - YEAR, TODAY + DAY)], VALID, [1], id="the last insured day"),
        pytest.param([insured(1, TODAY - YEAR, TODAY)], ENDED, [1], id="the first uninsured day"),
        pytest.param([insured(1, TODAY, TODAY + DAY)], VALID, [1], id="insured for one day"),
        pytest.param([LOST, insured(2, TODAY)], VALID, [2], id="another insurer from today on"),
        pytest.param([LOST, insured(2, TODAY + DAY)], ENDED, [1], id="a gap before the next insurer"),
        pytest.param(
            [insured(1, TODAY - YEAR, TODAY + DAY, insurer_number=MUNICIPAL), insured(2, TODAY)],
            VALID,
            [2, 1],
            id="the legal day of overlap between municipal and employees' insurance",
        ),
        pytest.param(
            [insured(1, TODAY - 3 * YEAR, TODAY - 2 * YEAR), insured(2, TODAY - 2 * YEAR, TODAY - YEAR)],
            ENDED,
            [2],
            id="the one that ended last",
        ),
        pytest.param(
            [LOST, insured(2, TODAY - 2 * YEAR, TODAY)], ENDED, [1], id="two ended on one day: the newer one"
        ),
        pytest.param(
            [aid(1, TODAY - YEAR, TODAY), insured(2, TODAY - 2 * YEAR, TODAY)],
            ENDED,
            [2],
            id="two ended on one day: insurance before medical aid",
        ),
        pytest.param([insured(1, TODAY - 2 * YEAR), insured(2)], VALID, [2, 1], id="the newer one first"),
        pytest.param(
            [aid(1, TODAY), insured(2)], VALID, [2, 1], id="insurance before medical aid, though older"
        ),
        pytest.param([aid(1)], UNREGISTERED, [1], id="medical aid alone, without a ticket"),
        pytest.param([aid(1), LOST], UNREGISTERED, [1], id="medical aid after insurance ended"),
        pytest.param([aid(1, tickets=[ticket()])], VALID, [1], id="medical aid with a ticket"),
        pytest.param([aid(1, tickets=[ticket()]), aid(2)], VALID, [1, 2], id="two offices, one ticket"),
        pytest.param([aid(1, TODAY - YEAR, TODAY)], ENDED, [1], id="medical aid that was stopped"),
        pytest.param(
            [
                insured(1, TODAY, insurer_number=LATE_ELDERLY),
                insured(2, TODAY, insurer_number=SOCIETY),
                insured(3, TODAY, insurer_number=MUNICIPAL),
            ],
            VALID,
            [2, 3, 1],
            id="of one day: by insurer number",
        ),
        pytest.param(
            [insured(5, TODAY), insured(4, TODAY)], VALID, [4, 5], id="alike in all: always the same"
        ),
        pytest.param(
            [insured(1, birth_date=TURNS_75)], ENDED, [1], id="the 75th birthday, whatever was sent"
        ),
        pytest.param(
            [insured(1, birth_date=TURNS_75 + DAY)], VALID, [1], id="the day before the 75th birthday"
        ),
        pytest.param(
            [
                insured(1, birth_date=TURNS_75),
                insured(2, TODAY, insurer_number=LATE_ELDERLY, birth_date=TURNS_75),
            ],
            VALID,
            [2],
            id="the late-elderly scheme from the 75th birthday on",
        ),
        pytest.param(
            [insured(1, relationship=DEPENDANT, insured_birth_date=TURNS_75)],
            ENDED,
            [1],
            id="a dependant on the insured's 75th birthday",
        ),
        pytest.param([insured(1, mismatch=CONFIRMED)], VALID, [1], id="a mismatch that was confirmed"),
        pytest.param(
            [insured(1, TODAY - YEAR, TODAY, mismatch=OPEN)], ENDED, [1], id="a mismatch in the past"
        ),
    ],
)
def test_validity_and_results_by_card(
    enrolments: list[EnrolmentVersion], validity: Validity, shown: list[int]
) -> None:
    """Rules C1 to C4, S1."""
    assert outcome(by_card(*enrolments)) == (validity, shown)


@pytest.mark.parametrize(
    ("enrolments", "asked", "validity", "shown"),
    [
        pytest.param([], set(), NOT_FOUND, [], id="nothing fits"),
        pytest.param([PLAIN], 1, VALID, [1], id="insured"),
        pytest.param([insured(1, TODAY + DAY)], 1, NOT_FOUND, [], id="insured from tomorrow on"),
        pytest.param(
            [insured(1, TODAY + DAY), insured(2)],
            1,
            NOT_FOUND,
            [],
            id="from tomorrow on, though insured elsewhere",
        ),
        pytest.param(
            [PLAIN, insured(2, TODAY)], 1, VALID, [2, 1], id="the other one that holds is shown too"
        ),
        pytest.param([LOST], 1, ENDED, [1], id="ended"),
        pytest.param([LOST, insured(2, TODAY)], 1, NEWER, [1], id="ended, and a newer one holds"),
        pytest.param([LOST, aid(2, TODAY)], 1, NEWER, [1], id="ended, and medical aid has begun"),
        pytest.param(
            [LOST, insured(2, TODAY - YEAR + DAY)], 1, NEWER, [1], id="ended, and one that began a day later"
        ),
        pytest.param(
            [LOST, insured(2, TODAY - YEAR)],
            1,
            ENDED,
            [1],
            id="ended, and one that began on the same day holds",
        ),
        pytest.param(
            [LOST, insured(2, TODAY + DAY)], 1, ENDED, [1], id="ended, and the newer one lies ahead"
        ),
        pytest.param(
            [LOST, insured(2, TODAY - DAY, TODAY)], 1, ENDED, [1], id="ended, and the newer one ended too"
        ),
        pytest.param(
            [LOST, insured(2, TODAY, mismatch=OPEN)], 1, ENDED, [1], id="the newer one has an open mismatch"
        ),
        pytest.param(
            [LOST, insured(2, TODAY, person_key=OTHER_PERSON)],
            1,
            ENDED,
            [1],
            id="the newer one belongs to another person",
        ),
        pytest.param(
            [insured(1, TODAY - 3 * YEAR, TODAY - 2 * YEAR), replace(LOST, version=2)],
            1,
            ENDED,
            [2],
            id="two periods of one membership: the one that ended last",
        ),
        pytest.param([PLAIN, insured(2, mismatch=OPEN)], 1, VALID, [1], id="an open mismatch is left out"),
        pytest.param([insured(1, self_disclosure_blocked=True)], 1, VALID, [1], id="blocked by card alone"),
        pytest.param([PLAIN, insured(2, TODAY)], {1, 2}, VALID, [2, 1], id="two memberships of one person"),
        pytest.param(
            [PLAIN, insured(2, person_key=OTHER_PERSON)],
            {1, 2},
            AMBIGUOUS,
            [],
            id="memberships of two persons",
        ),
        pytest.param(
            [LOST, insured(2, person_key=OTHER_PERSON)], {1, 2}, AMBIGUOUS, [], id="of two, though one ended"
        ),
        pytest.param(
            [insured(1, person_key=None, mismatch=CONFIRMED), insured(2, person_key=None, mismatch=OPEN)],
            {1, 2},
            AMBIGUOUS,
            [],
            id="persons outside the register are distinct",
        ),
        pytest.param([insured(1, person_key=None, mismatch=CONFIRMED)], 1, VALID, [1], id="in no register"),
        pytest.param(
            [
                insured(1, TODAY - 2 * YEAR, TODAY - YEAR, person_key=None, mismatch=OPEN),
                insured(2, entitlement=1),
            ],
            1,
            VALID,
            [2],
            id="one membership is never ambiguous",
        ),
        pytest.param([aid(1)], 1, UNREGISTERED, [1], id="medical aid without a ticket"),
        pytest.param([aid(1, tickets=[ticket()])], 1, VALID, [1], id="medical aid with a ticket"),
    ],
)
def test_validity_and_results_by_number(
    enrolments: list[EnrolmentVersion], asked: int | set[int], validity: Validity, shown: list[int]
) -> None:
    """Rules V1 to V5."""
    assert outcome(by_number(*enrolments, asked=asked)) == (validity, shown)


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (by_card(insured(1, self_disclosure_blocked=True)), "card-not-usable"),
        (by_card(PLAIN, insured(2, TODAY - 2 * YEAR, TODAY - YEAR, self_disclosure_blocked=True)), "card-not-usable"),
        (by_card(PLAIN, insured(2, TODAY + YEAR, self_disclosure_blocked=True)), "card-not-usable"),
        (by_card(insured(1, mismatch=OPEN)), "card-not-usable"),
        (by_card(PLAIN, insured(2, TODAY, mismatch=OPEN)), "card-not-usable"),
        (by_number(insured(1, mismatch=OPEN)), "eligibility-not-confirmable"),
        (by_number(insured(1, person_key=None, mismatch=OPEN)), "eligibility-not-confirmable"),
        (by_number(PLAIN, insured(2, mismatch=OPEN), asked={1, 2}), "eligibility-not-confirmable"),
    ],
)  # fmt: skip
def test_protected_or_unconfirmed_persons_are_refused_without_a_cause(
    reading: AnswerInputs, code: str
) -> None:
    """Rules P1 to P3."""
    with pytest.raises(ShikakuError) as refusal:
        answer(reading, version_key=KEY)
    assert (refusal.value.code, refusal.value.details) == (code, {})


def test_misses_by_number_are_indistinguishable() -> None:
    """Rule V5."""
    misses = [
        by_number(asked=set()),
        by_number(insured(1, TODAY + DAY)),
        by_number(insured(1, TODAY + DAY), insured(2)),
    ]
    assert len({full_answer(miss).model_dump_json() for miss in misses}) == 1


@pytest.mark.parametrize(
    "reading", [by_number(asked=set()), by_number(PLAIN, insured(2, person_key=None), asked={1, 2})]
)
def test_an_answer_about_nobody_has_no_version_and_no_results(reading: AnswerInputs) -> None:
    """Rules S9, V1, V5."""
    given_answer = full_answer(replace(reading, known_version=""))
    assert (given_answer.version, given_answer.results) == (None, [])


def test_an_answer_contains_record_id_day_and_instant() -> None:
    given_answer = full_answer(by_card(PLAIN))
    assert given_answer.record_id == "4711"
    assert (given_answer.as_of, given_answer.answered_at) == (TODAY, by_card().answered_at)


@given(histories(), days, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_the_input_does_not_matter(
    enrolments: list[EnrolmentVersion], as_of: date, random: Random, card: bool
) -> None:
    """Rule S1."""
    shuffled = list(enrolments)
    random.shuffle(shuffled)
    ask = by_card if card else by_number
    assert full_answer(ask(*shuffled, as_of=as_of)) == full_answer(ask(*enrolments, as_of=as_of))


@pytest.mark.parametrize(
    ("tickets", "validity", "shown"),
    [
        ([], UNREGISTERED, 0),
        ([ticket()], VALID, 1),
        ([ticket(first=TODAY, last=TODAY)], VALID, 1),
        ([ticket(first=TODAY + DAY)], UNREGISTERED, 0),
        ([ticket(first=TODAY - DAY, last=TODAY)], UNREGISTERED, 0),
        ([ticket(institution_code=OTHER_CLINIC)], UNREGISTERED, 0),
        ([ticket(2), ticket(1), ticket(3, institution_code=OTHER_CLINIC)], VALID, 2),
    ],
)
def test_a_ticket_counts_for_its_institution_in_its_month_and_days(
    tickets: list[Ticket], validity: Validity, shown: int
) -> None:
    """Rules C2, S7."""
    given_answer = full_answer(by_card(aid(1, tickets=tickets)))
    assert given_answer.validity is validity
    assert [t.issue_number for t in given_answer.results[0].medical_tickets] == ["1", "2"][:shown]
    assert all(t.institution_code == CLINIC for t in given_answer.results[0].medical_tickets)


@pytest.mark.parametrize("kind", FacilityKind)
def test_insurance_has_no_tickets(kind: FacilityKind) -> None:
    """Rule S7."""
    result = full_answer(by_card(insured(1, tickets=[ticket()]), facility_kind=kind)).results[0]
    assert result.medical_tickets == []
