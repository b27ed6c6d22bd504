"""Which permit of the store a request for medical files uses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.permits import Wanted, find_permit
from clinic_terminal.store.records import Permit, StoredPerson
from eligibility_api.contract.codes import Care, Category, Sex
from tests.builders.clinic.clinic_software import ClinicSoftware
from tests.builders.clinic.samples import NOW, answer
from tests.builders.clinic.store import membership, permit

OTHER = UUID("019ab000-0000-7000-8000-0000000000b2")
MEDICINES = (Category.MEDICATION,)


def found(office: ClinicSoftware, *, at: Any = NOW, care: Care | None = None, **asked: Any) -> Permit:
    return find_permit(office.store, Wanted(membership(**asked), MEDICINES, care), at)


def refusal(office: ClinicSoftware, **asked: Any) -> str:
    with pytest.raises(TerminalError) as refused:
        found(office, **asked)
    return refused.value.code


@pytest.mark.parametrize(
    "asked",
    [{}, {"branch": None}, {"symbol": "１２"}, {"number": "３４５"}],
    ids=["as it is", "without branch", "wide symbol", "wide number"],
)
def test_a_permit_is_found_by_the_membership_however_it_is_written(
    office: ClinicSoftware, asked: dict[str, Any]
) -> None:
    office.store.keep_permit(permit())
    assert found(office, **asked) == permit()


def test_a_permit_without_a_branch_fits_any(office: ClinicSoftware) -> None:
    kept = permit(memberships=(membership(branch=None),))
    office.store.keep_permit(kept)
    assert found(office) == kept


@pytest.mark.parametrize(
    ("changes", "asked", "code"),
    [
        ({}, {"number": "9"}, "exchange-permit-missing"),
        ({}, {"branch": "01"}, "exchange-permit-missing"),
        ({}, {"insurer_number": "06130017"}, "exchange-permit-missing"),
        ({}, {"at": NOW + timedelta(hours=24)}, "exchange-permit-missing"),
        ({}, {"care": Care.ONLINE}, "exchange-permit-missing"),
        ({}, {"care": Care.EMERGENCY}, "exchange-permit-missing"),
        ({"available_from": NOW + timedelta(hours=1)}, {}, "consent-not-yet"),
        ({"categories": (Category.HEALTH_CHECKUP,)}, {}, "consent-category"),
    ],
    ids=["number", "branch", "insurer", "window over", "care", "emergency", "not yet", "category"],
)
def test_a_permit_that_does_not_fit_is_not_used(
    office: ClinicSoftware, changes: dict[str, Any], asked: dict[str, Any], code: str
) -> None:
    office.store.keep_permit(permit(**changes))
    assert refusal(office, **asked) == code


def test_the_last_instant_of_the_window_is_within_it(office: ClinicSoftware) -> None:
    office.store.keep_permit(permit())
    assert found(office, at=NOW + timedelta(hours=24, microseconds=-1)) == permit()


def test_the_newest_permit_is_used_unless_only_an_older_one_has_the_category(office: ClinicSoftware) -> None:
    newer = permit(permit_id=OTHER, given_at=NOW + timedelta(minutes=5))
    office.store.keep_permit(permit())
    office.store.keep_permit(newer)
    assert found(office) == newer
    office.store.keep_permit(newer.model_copy(update={"categories": (Category.HEALTH_CHECKUP,)}))
    assert found(office) == permit()


def test_without_a_branch_two_members_of_a_family_are_not_confused(office: ClinicSoftware) -> None:
    child = permit(
        permit_id=OTHER,
        memberships=(membership(branch="02", birth_date=date(2018, 5, 5)),),
        person=StoredPerson(name="架空 子", birth_date=date(2018, 5, 5), sex=Sex.MALE),
    )
    office.store.keep_permit(permit())
    office.store.keep_permit(child)
    assert refusal(office, branch=None) == "exchange-permit-several"
    assert found(office, branch="02") == child
    assert found(office) == permit()


NEW = {"memberships": (membership(insurer_number="06130017", number="99"),)}
"""Of a permit after a change of insurance."""


def test_a_permit_under_a_new_membership_is_found_by_the_earlier_one_and_the_facilitys_number(
    office: ClinicSoftware,
) -> None:
    office.store.record_visit(answer(reference_number="A-1"), NOW - timedelta(days=1))
    kept = permit(**NEW)
    office.store.keep_permit(kept)
    assert found(office) == kept


@pytest.mark.parametrize(
    ("earlier", "later", "asked"),
    [
        ({}, {}, {}),
        ({"reference_number": "A-2"}, {}, {}),
        ({"reference_number": "A-1"}, {"reference_number": None}, {}),
        ({"reference_number": "A-1"}, {}, {"branch": None}),
        ({"reference_number": "A-1"}, {}, {"branch": "01"}),
        ({"reference_number": "A-1"}, {}, {"number": "346"}),
        (
            {"reference_number": "A-1"},
            {"person": StoredPerson(name="架空 太郎", birth_date=date(2010, 2, 3), sex=Sex.FEMALE)},
            {},
        ),
        (
            {"reference_number": "A-1"},
            {"person": StoredPerson(name="架空 太郎", birth_date=date(1980, 2, 3), sex=Sex.MALE)},
            {},
        ),
    ],
    ids=[
        "no number",
        "another number",
        "the permit has none",
        "no branch",
        "another branch",
        "another membership",
        "a child with the same number",
        "a twin with the same number",
    ],
)
def test_nobody_elses_permit_is_found_by_a_number_of_the_facility(
    office: ClinicSoftware, earlier: dict[str, Any], later: dict[str, Any], asked: dict[str, Any]
) -> None:
    office.store.record_visit(answer(**earlier), NOW - timedelta(days=1))
    office.store.keep_permit(permit(**NEW | later))
    assert refusal(office, **asked) == "exchange-permit-missing"
