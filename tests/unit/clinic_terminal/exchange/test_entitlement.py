"""One entitlement as elements: every item that the fund knows, and no element for what it does not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from clinic_terminal.exchange.entitlement import (
    NO_CONSENT,
    VIEWING_FIELDS,
    bulk_entitlement,
    entitlement,
)
from clinic_terminal.messages.codes import ConsentFlag, LimitCertificateChange, LimitConsent
from clinic_terminal.messages.elements import Element
from clinic_terminal.messages.eligibility import EligibilityResult
from clinic_terminal.messages.entitlement import Entitlement, ViewingConsent
from clinic_terminal.messages.examples import EXAMPLES
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import (
    Category,
    CertificateKind,
    LimitCertificateKind,
    LimitClass,
    ReasonOfLoss,
    Sex,
    SingleOrCombined,
    SpecificDisease,
    TicketTreatment,
    TicketType,
)
from eligibility_api.contract.consent import Allowed
from eligibility_api.contract.member import (
    ElderlyCertificate,
    LimitCertificate,
    MedicalTicket,
    SpecificDiseaseCertificate,
)
from tests.builders.clinic.samples import NOW, enrolment

FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
DAYS: dict[str, Any] = {"issued_on": FIRST, "valid_from": FIRST, "valid_to": LAST}
TICKET = MedicalTicket(
    ticket_type=TicketType.MEDICAL,
    month="2026-04",
    valid_from=FIRST,
    valid_to=date(2026, 4, 30),
    issue_number="12",
    institution_code="1311111114",
    institution_name="架空診療所",
    treatment=TicketTreatment.OUTPATIENT,
    single_or_combined=SingleOrCombined.SINGLE,
    self_pay=1200,
)


def allowed(category: Category, **changes: Any) -> Allowed:
    fields: dict[str, Any] = {
        "category": category,
        "given_at": NOW,
        "available_until": NOW + timedelta(hours=24),
    }
    return Allowed(**fields | changes)


@pytest.mark.parametrize(
    ("item", "sent", "expected"),
    [
        ("certificate_kind", CertificateKind.SPECIAL_REIMBURSEMENT, CertificateKind.SPECIAL_REIMBURSEMENT),
        ("insurer_number", "138057", "138057"),
        ("insurer_name", "架空市", "架空市"),
        ("symbol", "１２－３", "１２－３"),
        ("number", "345", "345"),
        ("branch", "01", "01"),
        ("insured_name", "架空 太郎", "架空　太郎"),
        ("name", "架空 花子", "架空　花子"),
        ("name_kana", "カクウ ハナコ", "ｶｸｳ ﾊﾅｺ"),
        ("name_alias", "見本 花子", "見本　花子"),
        ("name_alias_kana", "ミホン ガナコ", "ﾐﾎﾝ ｶﾞﾅｺ"),
        ("sex", Sex.UNSET, Sex.UNSET),
        ("sex_on_certificate", Sex.MALE, Sex.MALE),
        ("birth_date", date(1980, 2, 3), date(1980, 2, 3)),
        ("address", "架空県架空市1-1", "架空県架空市1-1"),
        ("postal_code", "100-0001", "100-0001"),
        ("acquired_on", FIRST, FIRST),
        ("lost_on", LAST, LAST),
        ("reason_of_loss", ReasonOfLoss.DEATH, ReasonOfLoss.DEATH),
        ("issued_on", FIRST, FIRST),
        ("valid_from", FIRST, FIRST),
        ("valid_to", LAST, LAST),
        ("burden_ratio", 20, "020"),
        ("preschool", True, "1"),
    ],
)
def test_an_item_of_the_fund_has_its_element(item: str, sent: object, expected: object) -> None:
    made = entitlement(enrolment(**{item: sent}), NO_CONSENT)
    bulk = bulk_entitlement(enrolment(**{item: sent}), LimitCertificateChange.UNCHANGED)
    assert getattr(made, item) == getattr(bulk, item) == expected


def test_what_the_fund_does_not_know_is_absent() -> None:
    optional = ("symbol", "branch", "insured_name", "name_kana", "address", "postal_code")
    made = entitlement(enrolment(**dict.fromkeys(optional)), NO_CONSENT)
    assert [
        getattr(made, name) for name in (*optional, "burden_ratio", "preschool", "elderly_certificate")
    ] == [None] * 9
    assert (made.limit_certificate, made.specific_diseases, made.medical_tickets) == (None, (), ())


def test_certificates_and_tickets_are_complete() -> None:
    made = entitlement(
        enrolment(
            elderly_certificate=ElderlyCertificate(**DAYS, burden_ratio=20),
            limit_certificate_consent=True,
            limit_certificate_consent_at=NOW,
            limit_certificate=LimitCertificate(
                **DAYS,
                kind=LimitCertificateKind.LIMIT_AND_MEALS,
                limit_class=LimitClass.LOW_2,
                long_term_on=LAST,
            ),
            specific_disease_consent=True,
            specific_diseases=[
                SpecificDiseaseCertificate(**DAYS, disease=disease, self_pay=10_000)
                for disease in (SpecificDisease.RENAL_FAILURE, SpecificDisease.HAEMOPHILIA)
            ],
            medical_tickets=[TICKET, TICKET],
        ),
        {Category.SPECIFIC_DISEASES: allowed(Category.SPECIFIC_DISEASES, available_until=None)},
    )
    elderly, limit, ticket = made.elderly_certificate, made.limit_certificate, made.medical_tickets[0]
    assert elderly is not None
    assert (elderly.issued_on, elderly.valid_from, elderly.valid_to, elderly.ratio) == (
        FIRST,
        FIRST,
        LAST,
        "020",
    )
    assert limit is not None
    assert (limit.kind, limit.limit_class, limit.long_term_from) == ("02", "B05", LAST)
    assert (limit.issued_on, limit.valid_from, limit.valid_to) == (FIRST, FIRST, LAST)
    assert (made.limit_consent, made.limit_consented_at) == (LimitConsent.GIVEN, NOW)
    assert [one.disease for one in made.specific_diseases] == ["1", "2"]
    assert {one.self_pay for one in made.specific_diseases} == {10_000}
    assert made.disease_consent is not None
    assert (made.disease_consent.flag, made.disease_consent.consented_at) == (ConsentFlag.GIVEN, NOW)
    assert len(made.medical_tickets) == 2
    assert (ticket.month, ticket.valid_from, ticket.valid_to) == ("202604", FIRST, date(2026, 4, 30))
    assert (ticket.ticket_type, ticket.treatment, ticket.single_or_combined) == ("01", "02", "01")
    assert (ticket.issue_number, ticket.self_pay, ticket.institution_flag) == ("12", 1200, "0")
    assert (ticket.institution_code, ticket.institution_name) == ("1311111114", "架空診療所")


def test_without_consent_every_flag_is_0_and_stands_alone() -> None:
    made = entitlement(enrolment(), NO_CONSENT)
    assert (made.limit_consent, made.limit_consented_at) == (LimitConsent.NOT_GIVEN, None)
    assert made.disease_consent is not None
    assert (made.disease_consent.flag, made.disease_consent.consented_at) == ("0", None)
    assert {getattr(made, field) for field in VIEWING_FIELDS} == {ViewingConsent(flag=ConsentFlag.NOT_GIVEN)}


@pytest.mark.parametrize(("field", "category"), VIEWING_FIELDS.items())
def test_a_consent_has_flag_instant_and_end_and_leaves_the_others_0(field: str, category: Category) -> None:
    made = entitlement(enrolment(), {category: allowed(category)})
    given = getattr(made, field)
    assert given == ViewingConsent(
        flag=ConsentFlag.GIVEN, consented_at=NOW, available_until=NOW + timedelta(hours=24)
    )
    assert [getattr(made, other).flag for other in VIEWING_FIELDS if other != field] == ["0"] * 9


def test_a_consent_until_it_is_withdrawn_has_no_end() -> None:
    made = entitlement(enrolment(), {Category.MEDICATION: allowed(Category.MEDICATION, available_until=None)})
    assert made.medicines is not None
    assert (made.medicines.flag, made.medicines.available_until) == (ConsentFlag.GIVEN, None)


def test_the_elements_of_the_consents_are_those_of_the_contracts_categories() -> None:
    elements = {
        field: next(one for one in info.metadata if isinstance(one, Element)).name
        for field, info in Entitlement.model_fields.items()
    }
    assert {category: elements[field] for field, category in VIEWING_FIELDS.items()} == {
        category: entry.element for category, entry in CATEGORIES.items() if entry.window
    }


def test_a_bulk_has_no_consents_and_only_the_change_of_the_limit_certificate() -> None:
    bulk = bulk_entitlement(enrolment(medical_tickets=[TICKET]), LimitCertificateChange.CHANGED_OR_UNKNOWN)
    assert bulk.limit_certificate_changed == "1"
    assert [one.issue_number for one in bulk.medical_tickets] == ["12"]
    assert not set(VIEWING_FIELDS) & set(type(bulk).model_fields)


EXAMPLE_ENTITLEMENTS = [
    pytest.param(one, id=f"{example.prefix} {example.case} {number}")
    for example in EXAMPLES
    if isinstance(example.message, EligibilityResult)
    for number, one in enumerate(example.message.body.results, start=1)
]


@pytest.mark.parametrize("example", EXAMPLE_ENTITLEMENTS)
def test_the_documented_examples_have_the_flags_that_every_answer_has(example: Entitlement) -> None:
    flags = ("limit_consent", "disease_consent", *VIEWING_FIELDS)
    written = entitlement(enrolment(), NO_CONSENT)
    assert all(getattr(written, field) is not None for field in flags)
    assert [field for field in flags if getattr(example, field) is None] == []


def test_there_are_documented_examples() -> None:
    assert len(EXAMPLE_ENTITLEMENTS) > 3
