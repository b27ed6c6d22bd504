"""The rule of an answer: validity and what is shown, as a pure function of what was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import (
    CertificateKind,
    FacilityKind,
    ReasonOfLoss,
    Relationship,
    Sex,
    Validity,
)
from eligibility_api.contract.eligibility import EligibilityAnswer, Enrolment, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.eligibility import (
    DAYS_AHEAD,
    DAYS_BACK,
    EnrolmentVersion,
    Reading,
    answer,
    check_day,
    select,
    shown_to,
)

TODAY = date(2026, 4, 1)
DAY = timedelta(days=1)
KEY = bytes(range(32))
ENROLMENT = Enrolment(
    certificate_kind=CertificateKind.GENERAL,
    insurer_number="01130012",
    insurer_name="試験健康保険組合",
    symbol="見本",
    number="1",
    branch="00",
    relationship=Relationship.INSURED,
    name="試験　見本",
    name_kana="シケン ミホン",
    sex=Sex.FEMALE,
    birth_date=date(1980, 5, 17),
    address="架空県見本市１番地",
    postal_code="000-0000",
    acquired_on=date(2024, 4, 1),
    lost_on=None,
    reason_of_loss=None,
)


def enrolled(
    version: int,
    acquired_on: date,
    lost_on: date | None = None,
    kind: CertificateKind = CertificateKind.GENERAL,
    insurer_number: str = "01130012",
) -> EnrolmentVersion:
    changes = {
        "acquired_on": acquired_on,
        "lost_on": lost_on,
        "reason_of_loss": ReasonOfLoss.OTHER if lost_on else None,
        "certificate_kind": kind,
        "insurer_number": insurer_number,
    }
    return EnrolmentVersion(version, ENROLMENT.model_copy(update=changes))


VALID, ENDED, AID = Validity.VALID, Validity.INVALID, CertificateKind.MEDICAL_AID
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("enrolments", "validity", "shown"),
    [
        pytest.param([], Validity.NOT_FOUND, [], id="nothing is known"),
        pytest.param([enrolled(1, TODAY - YEAR)], VALID, [1], id="insured since a year ago"),
        pytest.param([enrolled(1, TODAY)], VALID, [1], id="the first insured day"),
        pytest.param([enrolled(1, TODAY + DAY)], Validity.NOT_FOUND, [], id="insured from tomorrow on"),
        pytest.param(
            [enrolled(1, TODAY + DAY, TODAY + YEAR)], Validity.NOT_FOUND, [], id="a period that lies ahead"
        ),
        pytest.param([enrolled(1, TODAY - YEAR, TODAY + DAY)], VALID, [1], id="the last insured day"),
        pytest.param([enrolled(1, TODAY - YEAR, TODAY)], ENDED, [1], id="the first uninsured day"),
        pytest.param([enrolled(1, TODAY - YEAR, TODAY - DAY)], ENDED, [1], id="uninsured since yesterday"),
        pytest.param([enrolled(1, TODAY, TODAY + DAY)], VALID, [1], id="insured for one day"),
        pytest.param(
            [enrolled(1, TODAY - YEAR, TODAY), enrolled(2, TODAY)],
            VALID,
            [2],
            id="another insurer from today on",
        ),
        pytest.param(
            [enrolled(1, TODAY - YEAR, TODAY), enrolled(2, TODAY + DAY)],
            ENDED,
            [1],
            id="a gap before the next insurer",
        ),
        pytest.param(
            [enrolled(1, TODAY - 3 * YEAR, TODAY - 2 * YEAR), enrolled(2, TODAY - 2 * YEAR, TODAY - YEAR)],
            ENDED,
            [2],
            id="the one that ended last",
        ),
        pytest.param(
            [enrolled(1, TODAY - YEAR, TODAY), enrolled(2, TODAY - 2 * YEAR, TODAY)],
            ENDED,
            [1],
            id="two ended on one day: the newer one",
        ),
        pytest.param(
            [enrolled(1, TODAY - YEAR, TODAY, AID), enrolled(2, TODAY - 2 * YEAR, TODAY)],
            ENDED,
            [2],
            id="two ended on one day: insurance before medical aid",
        ),
        pytest.param(
            [enrolled(1, TODAY - 2 * YEAR), enrolled(2, TODAY - YEAR)],
            VALID,
            [2, 1],
            id="the newer one first",
        ),
        pytest.param(
            [enrolled(1, TODAY, kind=AID), enrolled(2, TODAY - YEAR)],
            VALID,
            [2, 1],
            id="insurance before medical aid, though older",
        ),
        pytest.param([enrolled(1, TODAY - YEAR, kind=AID)], VALID, [1], id="medical aid alone"),
        pytest.param(
            [enrolled(1, TODAY - YEAR, kind=AID), enrolled(2, TODAY - YEAR, TODAY)],
            VALID,
            [1],
            id="medical aid after insurance ended",
        ),
        pytest.param(
            [
                enrolled(1, TODAY, insurer_number="39131008"),
                enrolled(2, TODAY, insurer_number="06130017"),
                enrolled(3, TODAY, insurer_number="138057"),
            ],
            VALID,
            [2, 3, 1],
            id="of one day: by insurer number",
        ),
        pytest.param(
            [enrolled(5, TODAY), enrolled(4, TODAY)],
            VALID,
            [4, 5],
            id="alike in all: by version, always the same",
        ),
    ],
)
def test_validity_and_what_is_shown(
    enrolments: list[EnrolmentVersion], validity: Validity, shown: list[int]
) -> None:
    found, chosen = select(enrolments, TODAY)
    assert (found, [e.version for e in chosen]) == (validity, shown)


days = st.dates(min_value=TODAY - 3 * YEAR, max_value=TODAY + 3 * YEAR)


@st.composite
def histories(draw: st.DrawFn) -> list[EnrolmentVersion]:
    count = draw(st.integers(0, 6))
    made = []
    for version in range(count):
        acquired_on = draw(days)
        length = draw(st.none() | st.integers(1, 800))
        lost_on = acquired_on + length * DAY if length is not None else None
        kind = draw(st.sampled_from([CertificateKind.GENERAL, AID]))
        number = draw(st.sampled_from(["01130012", "138057", "39131008"]))
        made.append(enrolled(version, acquired_on, lost_on, kind, number))
    return made


@given(histories(), days)
def test_valid_means_that_something_holds_on_the_day_and_only_that_is_shown(
    enrolments: list[EnrolmentVersion], as_of: date
) -> None:
    validity, chosen = select(enrolments, as_of)
    holding = {e.version for e in enrolments if e.covers(as_of)}
    assert (validity is Validity.VALID) == bool(holding)
    if holding:
        assert {e.version for e in chosen} == holding


@given(histories(), days)
def test_ended_shows_exactly_the_one_that_ended_last(enrolments: list[EnrolmentVersion], as_of: date) -> None:
    validity, chosen = select(enrolments, as_of)
    ended = [e.enrolment.lost_on for e in enrolments if e.enrolment.lost_on and e.enrolment.lost_on <= as_of]
    if validity is Validity.INVALID:
        assert [e.enrolment.lost_on for e in chosen] == [max(ended)]
    elif validity is Validity.NOT_FOUND:
        assert (chosen, ended) == ([], [])


@given(histories(), days, st.randoms(use_true_random=False))
def test_the_order_in_which_it_was_read_does_not_matter(
    enrolments: list[EnrolmentVersion], as_of: date, random: Any
) -> None:
    shuffled = list(enrolments)
    random.shuffle(shuffled)
    assert select(shuffled, as_of) == select(enrolments, as_of)


@given(histories(), days)
def test_insurance_stands_before_medical_aid_and_the_newer_before_the_older(
    enrolments: list[EnrolmentVersion], as_of: date
) -> None:
    _, chosen = select(enrolments, as_of)
    order = [(e.enrolment.certificate_kind is AID, -e.enrolment.acquired_on.toordinal()) for e in chosen]
    assert order == sorted(order)


@pytest.mark.parametrize("as_of", [TODAY - DAYS_BACK, TODAY, TODAY + DAYS_AHEAD])
def test_the_fund_answers_for_five_years_back_and_one_ahead(as_of: date) -> None:
    check_day(as_of, TODAY)


@pytest.mark.parametrize("as_of", [TODAY - DAYS_BACK - DAY, TODAY + DAYS_AHEAD + DAY, date.min, date.max])
def test_the_fund_answers_for_no_other_day(as_of: date) -> None:
    with pytest.raises(ShikakuError) as refusal:
        check_day(as_of, TODAY)
    assert refusal.value.code == "as-of-out-of-range"


READING = Reading(
    record_id="4711",
    answered_at=datetime(2026, 4, 1, 1, 0, tzinfo=UTC),
    as_of=TODAY,
    facility_kind=FacilityKind.CLINIC,
    institution_code="1311111114",
    person_key=bytes(16),
    enrolments=[enrolled(1, TODAY - YEAR)],
)


def told(reading: Reading) -> EligibilityAnswer:
    given_answer = answer(reading, version_key=KEY)
    assert isinstance(given_answer, EligibilityAnswer)
    return given_answer


def test_an_answer_names_its_record_its_day_and_its_instant() -> None:
    given_answer = told(READING)
    assert given_answer.record_id == "4711"
    assert (given_answer.as_of, given_answer.answered_at) == (TODAY, READING.answered_at)
    assert given_answer.results == [READING.enrolments[0].enrolment]


@pytest.mark.parametrize("kind", FacilityKind)
def test_only_an_eligibility_only_facility_is_not_shown_the_address(kind: FacilityKind) -> None:
    shown = told(replace(READING, facility_kind=kind)).results[0]
    reduced = kind is FacilityKind.ELIGIBILITY_ONLY
    assert (shown.address is None, shown.postal_code is None) == (reduced, reduced)
    assert shown.model_copy(update={"address": ENROLMENT.address, "postal_code": ENROLMENT.postal_code}) == (
        READING.enrolments[0].enrolment
    )


def test_what_is_shown_elsewhere_is_not_changed_by_a_reduced_answer() -> None:
    enrolment = READING.enrolments[0].enrolment
    shown_to(FacilityKind.ELIGIBILITY_ONLY, enrolment)
    assert enrolment.address == ENROLMENT.address


def test_a_client_that_knows_the_version_is_told_only_that_nothing_changed() -> None:
    again = answer(replace(READING, known_version=told(READING).version, record_id="4712"), version_key=KEY)
    assert isinstance(again, UnchangedAnswer)
    assert (again.validity, again.record_id, again.as_of) == (Validity.VALID, "4712", TODAY)


@pytest.mark.parametrize("known", ["", "x", "資格", told(READING).version[:-1], told(READING).version + "="])
def test_a_client_that_knows_another_version_is_told_everything(known: str) -> None:
    assert told(replace(READING, known_version=known)) == told(READING)


@pytest.mark.parametrize(
    "changes",
    [
        {"institution_code": "0110113719"},
        {"person_key": bytes([1]) * 16},
        {"facility_kind": FacilityKind.PHARMACY},
        {"enrolments": []},
        {"enrolments": [enrolled(2, TODAY - YEAR)]},
        {"enrolments": [enrolled(1, TODAY - YEAR), enrolled(2, TODAY)]},
        {"enrolments": [enrolled(1, TODAY - YEAR, TODAY)]},
    ],
)
def test_the_version_changes_with_what_this_facility_would_be_told(changes: dict[str, Any]) -> None:
    assert told(replace(READING, **changes)).version != told(READING).version


@pytest.mark.parametrize(
    "changes",
    [
        {"record_id": "4712"},
        {"answered_at": READING.answered_at + YEAR},
        {"as_of": TODAY + DAY},
        {"enrolments": [enrolled(9, TODAY + YEAR), enrolled(1, TODAY - YEAR)]},
    ],
)
def test_the_version_does_not_change_with_what_is_not_shown(changes: dict[str, Any]) -> None:
    assert told(replace(READING, **changes)).version == told(READING).version


def test_the_version_tells_nothing_without_the_funds_key() -> None:
    other = answer(READING, version_key=bytes(32))
    assert isinstance(other, EligibilityAnswer)
    assert other.version != told(READING).version


@given(histories(), days)
def test_the_same_reading_leads_to_the_same_answer(enrolments: list[EnrolmentVersion], as_of: date) -> None:
    reading = replace(READING, enrolments=enrolments, as_of=as_of)
    assert answer(reading, version_key=KEY) == answer(reading, version_key=KEY)


@given(histories(), days, days)
def test_the_version_is_the_same_on_two_days_exactly_when_the_same_is_shown(
    enrolments: list[EnrolmentVersion], one: date, other: date
) -> None:
    first, second = (told(replace(READING, enrolments=enrolments, as_of=day)) for day in (one, other))
    same_shown = select(enrolments, one) == select(enrolments, other)
    assert (first.version == second.version) == same_shown
