"""The rows of one entitlement."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.console.insurance import rows
from eligibility_api.contract.codes import (
    CertificateKind,
    LimitCertificateKind,
    LimitClass,
    Sex,
    SingleOrCombined,
    SpecificDisease,
    TicketTreatment,
    TicketType,
)
from eligibility_api.contract.member import (
    ElderlyCertificate,
    LimitCertificate,
    MedicalTicket,
    SpecificDiseaseCertificate,
)
from tests.builders.clinic.samples import enrolment

FROM, TO = date(2026, 8, 1), date(2027, 7, 31)
DAYS = "2026-08-01 ～ 2027-07-31"
DAYS_WITH_ERA = "2026-08-01（令和8年8月1日） ～ 2027-07-31（令和9年7月31日）"
MISSING = [
    "！負担割合の登録がありません。資格確認書・高齢受給者証などで確認してください",
    "! No burden ratio is registered. See the eligibility certificate or the elderly certificate",
]


def shown(label: str, **changes: Any) -> list[str]:
    """The values under a label, those of rows without a label included."""
    found, current = [], None
    for text, value in rows(enrolment(**changes)):
        current = text.en if text else current
        if current == label:
            found.append(value)
    return found


def elderly(ratio: int | None) -> ElderlyCertificate:
    return ElderlyCertificate.model_validate({"valid_from": FROM, "valid_to": TO, "burden_ratio": ratio})


def limit(**changes: Any) -> LimitCertificate:
    fields: dict[str, Any] = {
        "kind": LimitCertificateKind.LIMIT,
        "limit_class": LimitClass.U,
        "valid_from": FROM,
        "valid_to": TO,
    }
    return LimitCertificate(**fields | changes)


def ticket(**changes: Any) -> MedicalTicket:
    fields: dict[str, Any] = {
        "ticket_type": TicketType.MEDICAL,
        "month": "2026-08",
        "valid_from": FROM,
        "valid_to": date(2026, 8, 31),
        "issue_number": "7",
        "institution_code": "1311111114",
        "institution_name": "架空診療所",
        "treatment": TicketTreatment.OUTPATIENT,
        "single_or_combined": SingleOrCombined.SINGLE,
        "self_pay": 1200,
    }
    return MedicalTicket(**fields | changes)


@pytest.mark.parametrize(
    ("changes", "burden"),
    [
        (
            {},
            ["3割（年齢による割合。保険者からの登録なし）", "3/10 (by age; none registered by the insurer)"],
        ),
        (
            {"preschool": True},
            ["2割（年齢による割合。保険者からの登録なし）", "2/10 (by age; none registered by the insurer)"],
        ),
        (
            {"burden_ratio": 10, "burden_expected": True},
            ["1割（保険者の登録による割合）", "1/10 (registered by the insurer)"],
        ),
        (
            {"elderly_certificate": elderly(20), "burden_expected": True},
            [f"2割（高齢受給者証 {DAYS}）", f"2/10 (elderly certificate {DAYS})"],
        ),
        (
            {"burden_expected": True},
            MISSING,
        ),
        (
            {"elderly_certificate": elderly(None), "burden_expected": True},
            [f"－（高齢受給者証 {DAYS}）", f"－ (elderly certificate {DAYS})", *MISSING],
        ),
        (
            {"certificate_kind": CertificateKind.SPECIAL_REIMBURSEMENT},
            [
                "窓口で10割負担、後日申請により払い戻し",
                "10/10 paid at the desk, reimbursed later on application",
            ],
        ),
        ({"certificate_kind": CertificateKind.MEDICAL_AID}, []),
    ],
)
def test_the_burden_is_shown_with_its_origin(changes: dict[str, Any], burden: list[str]) -> None:
    assert shown("Burden ratio", **changes) == burden


def test_each_name_has_its_kana_and_the_alias_a_row_of_its_own() -> None:
    assert shown("Name", name="架空 花子", name_kana="ｶｸｳ ﾊﾅｺ") == ["架空 花子（ｶｸｳ ﾊﾅｺ）"]
    assert shown("Name", name_kana=None) == ["架空 花子（－）"]
    assert shown("Alias") == []
    assert shown("Alias", name_alias="見本 花", name_alias_kana="ﾐﾎﾝ ﾊﾅ") == ["見本 花（ﾐﾎﾝ ﾊﾅ）"]


def test_what_was_not_transmitted_has_no_row() -> None:
    labels = {text.en for text, _ in rows(enrolment(address=None, postal_code=None)) if text}
    assert labels == {
        "Insurer",
        "Certificate",
        "Symbol, number, branch",
        "Insured or dependant",
        "Name",
        "Sex",
        "Date of birth",
        "Insured",
        "Burden ratio",
    }


def test_the_certificate_is_shown_with_its_kind_and_days() -> None:
    changes = {"certificate_kind": CertificateKind.SHORT_TERM_GENERAL, "issued_on": FROM}
    assert shown("Certificate", **changes) == ["短期被保険者証（一般） / short-term"]
    assert shown("Issued", **changes) == ["2026-08-01（令和8年8月1日）"]
    assert shown("Certificate valid", valid_from=FROM, valid_to=TO) == [DAYS_WITH_ERA]
    assert shown("Certificate valid", valid_to=TO) == ["～ 2027-07-31（令和9年7月31日）"]


def test_a_sex_on_the_certificate_and_the_head_of_the_household_are_shown() -> None:
    assert shown("Sex on the certificate", sex_on_certificate=Sex.MALE) == ["男 / male"]
    assert shown("Insured person", insured_name="架空 太郎") == ["架空 太郎"]


LIMIT_LABELS = ("Limit class", "Limit certificate", "Limit certificate valid", "Long-term hospital care from")


@pytest.mark.parametrize(
    ("changes", "values"),
    [
        ({}, [[], [], [], []]),
        ({"limit_certificate_consent": True}, [["登録なし / none registered"], [], [], []]),
        (
            {"limit_certificate_consent": True, "limit_certificate": limit()},
            [["ウ / class U"], ["限度額適用認定証 / limit"], [DAYS_WITH_ERA], []],
        ),
        (
            {"limit_certificate_consent": True, "limit_certificate": limit(long_term_on=FROM)},
            [
                ["ウ / class U"],
                ["限度額適用認定証 / limit"],
                [DAYS_WITH_ERA],
                ["2026-08-01（令和8年8月1日）"],
            ],
        ),
    ],
)
def test_the_limit_class_is_shown_where_the_patient_agreed(
    changes: dict[str, Any], values: list[list[str]]
) -> None:
    assert [shown(label, **changes) for label in LIMIT_LABELS] == values


def test_a_specific_disease_is_shown_with_the_monthly_limit() -> None:
    disease = SpecificDiseaseCertificate(
        disease=SpecificDisease.RENAL_FAILURE, self_pay=10_000, valid_from=FROM, valid_to=TO
    )
    known = {"specific_diseases": [disease]}
    assert shown("Specific disease", **known) == ["人工透析を要する慢性腎不全 / renal failure on dialysis"]
    assert shown("Specific disease valid", **known) == [DAYS_WITH_ERA]
    assert shown("Limit of own payment", **known) == ["月額10,000円", "10,000 yen a month"]


def test_tickets_of_medical_aid_are_shown_with_month_place_and_own_payment() -> None:
    assert shown("Medical ticket", medical_tickets=[ticket()]) == [
        "2026-08（2026-08-01 ～ 2026-08-31） 1311111114 架空診療所",
        "入院外・単独・交付番号 7・本人支払額 月額1,200円",
        "outpatient, single, number 7, own payment 1,200 yen a month",
    ]
    bare = shown("Medical ticket", medical_tickets=[ticket(issue_number=None, self_pay=None)])
    assert bare[1:] == ["入院外・単独", "outpatient, single"]
