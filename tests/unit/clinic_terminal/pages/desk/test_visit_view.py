"""A visit as the desk shows it: the state, what to do, and the warnings that come before the data."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.errors import SHOWN_CATALOGUE
from clinic_terminal.pages.desk.visit_view import VisitView, membership_of, needs_attention, shape_of, view
from clinic_terminal.store.records import StoredMembership, Visit, Way
from eligibility_api.contract.codes import CertificateKind, Validity
from eligibility_api.contract.eligibility import CertificateRenewal
from eligibility_api.contract.errors import ErrorKind
from tests.builders.clinic.samples import NOW, answer, ended_enrolment, enrolment

TODAY = date(2026, 4, 1)
ENTERED = StoredMembership(
    insurer_number="06130017", symbol="架空", number="1", branch="02", birth_date=date(1980, 1, 1)
)


def visit(validity: Validity | None = Validity.VALID, results: Any = None, **changes: Any) -> Visit:
    of = None if validity is None else answer(validity, results)
    fields: dict[str, Any] = {"visit_id": "v", "at": NOW, "way": Way.CARD, "answer": of}
    return Visit(**fields | changes)


def shown(of: Visit) -> VisitView:
    return view(of, None, (), TODAY)


@pytest.mark.parametrize(
    ("validity", "results", "kind", "ladder", "has_sentence"),
    [
        (Validity.VALID, None, "valid", False, False),
        (Validity.VALID_UNREGISTERED, None, "valid", False, False),
        (Validity.INVALID, [ended_enrolment()], "invalid", True, True),
        (Validity.INVALID_NEWER_EXISTS, [ended_enrolment()], "invalid", True, True),
        (Validity.NOT_FOUND, [], "none", True, False),
        (Validity.AMBIGUOUS, [], "several", False, False),
    ],
)
def test_each_validity_has_its_state(
    validity: Validity, results: Any, kind: str, ladder: bool, has_sentence: bool
) -> None:
    found = shown(visit(validity, results))
    assert (found.shape.kind, found.ladder, found.tell is not None) == (kind, ladder, has_sentence)
    assert found.problem is None


def test_no_error_has_the_state_of_an_answer() -> None:
    assert len(SHOWN_CATALOGUE) > 100
    for code in SHOWN_CATALOGUE:
        of = visit(None, code=code)
        assert shape_of(of).kind == "unknown"
        assert needs_attention(of)
        found = shown(of)
        assert found.problem is SHOWN_CATALOGUE[code]
        assert not {"無効", "該当資格なし", "有効"} & {found.word.ja}


def test_after_a_technical_failure_the_other_ways_are_shown() -> None:
    codes = [code for code, entry in SHOWN_CATALOGUE.items() if entry.kind is ErrorKind.TECHNICAL]
    assert len(codes) > 5
    assert all(shown(visit(None, code=code)).ladder for code in codes)


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, False),
        ({"burden_expected": True}, True),
        ({"burden_expected": True, "burden_ratio": 20}, False),
    ],
    ids=str,
)
def test_a_ratio_that_is_missing_where_due_comes_before_all_facts(changes: Any, warned: bool) -> None:
    of = visit(Validity.VALID, [enrolment(**changes)])
    assert any("負担割合の登録がありません" in caution.ja for caution in shown(of).cautions) is warned
    assert needs_attention(of) is warned


@pytest.mark.parametrize(
    ("changes", "ja", "en"),
    [
        ({}, "3割（年齢による割合。保険者からの登録なし）", "3/10 (by age; none registered by the insurer)"),
        (
            {"preschool": True},
            "2割（年齢による割合。保険者からの登録なし）",
            "2/10 (by age; none registered by the insurer)",
        ),
        (
            {"burden_ratio": 20, "burden_expected": True},
            "2割（保険者の登録による割合）",
            "2/10 (registered by the insurer)",
        ),
    ],
    ids=str,
)
def test_a_ratio_by_age_differs_from_a_transmitted_one(changes: Any, ja: str, en: str) -> None:
    [result] = shown(visit(Validity.VALID, [enrolment(**changes)])).results
    assert (result.facts[0].value.ja, result.facts[0].value.en) == (ja, en)


def test_an_insurance_that_ended_has_no_ratio_and_its_loss_comes_first() -> None:
    [result] = shown(visit(Validity.INVALID, [ended_enrolment()])).results
    labels = [item.label.ja for item in result.facts if item.label]
    assert "負担割合" not in labels
    assert labels[0] == "資格喪失日"


def test_medical_aid_shows_no_ratio() -> None:
    of = visit(Validity.VALID_UNREGISTERED, [enrolment(certificate_kind=CertificateKind.MEDICAL_AID)])
    assert "負担割合" not in [item.label.ja for item in shown(of).results[0].facts if item.label]


@pytest.mark.parametrize("status", ["grace", "expiring"])
def test_an_expired_or_expiring_certificate_warns_with_its_days(status: Any) -> None:
    renewal = CertificateRenewal(status=status, expires_on=date(2026, 3, 20), renew_by=date(2026, 6, 20))
    of = visit(answer=answer(certificate_renewal=renewal))
    [caution] = shown(of).cautions
    assert "2026年3月20日" in caution.ja
    assert "2026-03-20" in caution.en


def test_the_sentence_for_the_patient_names_insurer_and_day() -> None:
    tell = shown(visit(Validity.INVALID, [ended_enrolment()])).tell
    assert tell is not None
    assert (
        tell.ja
        == "架空健康保険組合の資格は、2026年3月1日からなくなっています。新しい加入先をお知らせください。"
    )


@pytest.mark.parametrize(
    ("born", "age"), [(date(1980, 4, 1), 46), (date(1980, 4, 2), 45), (date(2026, 4, 1), 0)], ids=str
)
def test_the_age_is_that_of_the_day(born: date, age: int) -> None:
    assert shown(visit(results=[enrolment(birth_date=born)])).results[0].age == age


def test_of_several_results_none_is_chosen_beforehand() -> None:
    of = visit(results=[enrolment(), enrolment(number="999")])
    assert [one.chosen for one in shown(of).results] == [False, False]
    assert [one.chosen for one in shown(of.model_copy(update={"chosen": 1})).results] == [False, True]


def test_a_question_is_repeated_with_what_was_asked_or_else_answered() -> None:
    asked = StoredMembership(insurer_number="06130017", number="1", birth_date=date(1980, 1, 1))
    assert membership_of(visit(None, code="fund-unreachable", asked=asked)) == asked.model_dump()
    answered = membership_of(visit())
    assert answered is not None
    assert (answered["number"], answered["birth_date"]) == ("345", date(1980, 2, 3))
    assert membership_of(visit(None, code="card-removed")) is None
    assert membership_of(visit(results=[enrolment(), enrolment(number="9")])) is None


@pytest.mark.parametrize(
    "of",
    [
        visit(Validity.NOT_FOUND, [], asked=ENTERED),
        visit(Validity.AMBIGUOUS, [], asked=ENTERED),
        visit(None, code="fund-unreachable", asked=ENTERED),
    ],
    ids=["nothing found", "several found", "not checked"],
)
def test_where_nobody_is_shown_the_numbers_that_were_entered_are(of: Visit) -> None:
    assert [(item.value.ja, item.value.en) for item in shown(of).asked] == [
        ("06130017", "06130017"),
        ("架空・1・02", "架空・1・02"),
        ("1980-01-01（昭和55年1月1日）", "1980-01-01"),
    ]


@pytest.mark.parametrize(
    "of", [visit(asked=ENTERED), visit(Validity.NOT_FOUND, [])], ids=["somebody is shown", "by card"]
)
def test_no_numbers_are_repeated_where_somebody_is_shown_or_nothing_was_asked(of: Visit) -> None:
    assert shown(of).asked == ()


def test_a_number_without_branch_and_birth_date_has_two_lines() -> None:
    asked = StoredMembership(insurer_number="06130017", number="1")
    assert [item.value.ja for item in shown(visit(None, code="card-removed", asked=asked)).asked] == [
        "06130017",
        "1",
    ]
