"""What the desk sees of one entitlement."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.console.insurance import is_burden_missing, rows
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
from tests.unit.clinic_terminal.builders import enrolment

FROM, TO = date(2026, 8, 1), date(2027, 7, 31)
DAYS = "2026-08-01 ～ 2027-07-31"


def shown(label: str, **changes: Any) -> list[str]:
    """The values under a label."""
    return [value for words, value in rows(enrolment(**changes)) if words.en == label]


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
        ({}, ["30 %（年齢による。通知なし / by age, not transmitted）"]),
        ({"preschool": True}, ["20 %（年齢による。通知なし / by age, not transmitted）"]),
        ({"burden_ratio": 10, "burden_expected": True}, ["10 %（保険者から / from the insurer）"]),
        (
            {"elderly_certificate": elderly(20), "burden_expected": True},
            [f"20 %（高齢受給者証 / elderly certificate {DAYS}）"],
        ),
        (
            {"burden_expected": True},
            ["！届いていません。証で確認してください / missing; look at the certificate"],
        ),
        (
            {"elderly_certificate": elderly(None), "burden_expected": True},
            [
                f"－（高齢受給者証 / elderly certificate {DAYS}）",
                "！届いていません。証で確認してください / missing; look at the certificate",
            ],
        ),
        (
            {"certificate_kind": CertificateKind.SPECIAL_REIMBURSEMENT},
            ["100 %（あとで払い戻し / reimbursed later）"],
        ),
        ({"certificate_kind": CertificateKind.MEDICAL_AID}, []),
    ],
)
def test_the_burden_is_told_with_its_origin(changes: dict[str, Any], burden: list[str]) -> None:
    assert shown("Burden", **changes) == burden


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"burden_expected": True}, True),
        ({"burden_expected": True, "elderly_certificate": elderly(None)}, True),
        ({"burden_expected": True, "burden_ratio": 30}, False),
        ({"burden_expected": True, "elderly_certificate": elderly(30)}, False),
        ({"burden_expected": False}, False),
    ],
)
def test_a_ratio_is_missing_only_where_one_belongs(changes: dict[str, Any], missing: bool) -> None:
    assert is_burden_missing(enrolment(**changes)) is missing


def test_kana_stands_beside_each_name_and_the_alias_below() -> None:
    assert shown("Name", name="架空 花子", name_kana="ｶｸｳ ﾊﾅｺ") == ["架空 花子 （ｶｸｳ ﾊﾅｺ） 女 / female"]
    assert shown("Name", name_kana=None) == ["架空 花子 （－） 女 / female"]
    assert shown("Alias") == []
    assert shown("Alias", name_alias="見本 花", name_alias_kana="ﾐﾎﾝ ﾊﾅ") == ["見本 花 （ﾐﾎﾝ ﾊﾅ）"]


def test_what_was_not_transmitted_has_no_row() -> None:
    labels = {words.en for words, _ in rows(enrolment(address=None, postal_code=None))}
    assert labels == {"Insurer", "Certificate", "Symbol, number, branch", "Name", "Born", "Insured", "Burden"}


def test_the_certificate_is_shown_with_its_kind_and_days() -> None:
    changes = {"certificate_kind": CertificateKind.SHORT_TERM_GENERAL, "issued_on": FROM}
    assert shown("Certificate", **changes) == ["短期被保険者証 / short-term"]
    assert shown("Issued", **changes) == ["2026-08-01"]
    assert shown("Certificate valid", valid_from=FROM, valid_to=TO) == [DAYS]
    assert shown("Certificate valid", valid_to=TO) == ["～ 2027-07-31"]


def test_a_sex_on_the_certificate_and_the_head_of_the_household_are_shown() -> None:
    assert shown("Sex on the certificate", sex_on_certificate=Sex.MALE) == ["男 / male"]
    assert shown("Insured person", insured_name="架空 太郎") == ["架空 太郎"]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, []),
        ({"limit_certificate_consent": True}, ["登録なし / none registered"]),
        (
            {"limit_certificate_consent": True, "limit_certificate": limit()},
            [f"ウ / class U 限度額適用認定証 / limit {DAYS}"],
        ),
        (
            {"limit_certificate_consent": True, "limit_certificate": limit(long_term_on=FROM)},
            [f"ウ / class U 限度額適用認定証 / limit {DAYS} 長期入院該当 / long-term from 2026-08-01"],
        ),
    ],
)
def test_the_limit_class_is_shown_where_the_patient_agreed(changes: dict[str, Any], line: list[str]) -> None:
    assert shown("Limit class", **changes) == line


def test_a_specific_disease_is_shown_with_what_is_to_pay() -> None:
    held = SpecificDiseaseCertificate(
        disease=SpecificDisease.RENAL_FAILURE, self_pay=10_000, valid_from=FROM, valid_to=TO
    )
    assert shown("Specific disease", specific_diseases=[held]) == [
        f"人工透析を要する慢性腎不全 / renal failure on dialysis 10,000 円（月額） / yen a month {DAYS}"
    ]


def test_tickets_of_medical_aid_are_shown_with_month_place_and_own_share() -> None:
    [line] = shown("Medical ticket", medical_tickets=[ticket()])
    for part in ("2026-08", "入院外", "1311111114 架空診療所", "1,200", "no. 7"):
        assert part in line
    [bare] = shown("Medical ticket", medical_tickets=[ticket(issue_number=None, self_pay=None)])
    assert "no." not in bare
    assert "yen" not in bare
