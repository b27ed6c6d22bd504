"""A row of the store becomes the value of a version, from text JSON and from decoded JSON."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from eligibility_api.contract.codes import (
    CertificateKind,
    LimitCertificateKind,
    LimitClass,
    ReasonOfLoss,
    Relationship,
    Sex,
    SpecificDisease,
)
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.member import ElderlyCertificate, LimitCertificate, SpecificDiseaseCertificate
from eligibility_api.contract.member_items import MEMBER_ITEMS
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.eligibility.versions import ENROLMENT_COLUMNS, enrolment_version

OTHERS = ("version", "entitlement", "holder", "mismatch", "insurer_number", "insurer_name", "tickets")
FIRST, LAST = date(2024, 8, 1), date(2025, 7, 31)
PERIOD = {"valid_from": "2024-08-01", "valid_to": "2025-07-31"}
STORED: dict[str, Any] = {
    "version": 7,
    "entitlement": 3,
    "holder": b"person",
    "mismatch": "confirmed",
    "insurer_number": "01130012",
    "insurer_name": "架空健康保険",
    "certificate_kind": "01",
    "number": "1234567",
    "relationship": "2",
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "sex_on_certificate": "1",
    "birth_date": date(1980, 5, 17),
    "address": "架空県見本市1-1",
    "acquired_on": date(2024, 4, 1),
    "lost_on": date(2026, 3, 1),
    "reason_of_loss": "01",
    "elderly_certificate": PERIOD | {"burden_ratio": 20},
    "limit_certificate": PERIOD | {"kind": "01", "limit_class": "A03"},
    "specific_diseases": [PERIOD | {"disease": "1", "self_pay": 10_000}],
    "nondisclosure": True,
    "self_disclosure_blocked": False,
}
VALUE = EnrolmentVersion(
    version=7,
    entitlement=3,
    person_key=b"person",
    mismatch=Mismatch.CONFIRMED,
    certificate_kind=CertificateKind.GENERAL,
    insurer_number="01130012",
    insurer_name="架空健康保険",
    symbol=None,
    number="1234567",
    branch=None,
    relationship=Relationship.DEPENDANT,
    name="試験　見本",
    name_kana="シケン ミホン",
    sex=Sex.FEMALE,
    sex_on_certificate=Sex.MALE,
    birth_date=date(1980, 5, 17),
    address="架空県見本市1-1",
    acquired_on=date(2024, 4, 1),
    lost_on=date(2026, 3, 1),
    reason_of_loss=ReasonOfLoss.DEATH,
    elderly_certificate=ElderlyCertificate(valid_from=FIRST, valid_to=LAST, burden_ratio=20),
    limit_certificate=LimitCertificate(
        kind=LimitCertificateKind.LIMIT, limit_class=LimitClass.U, valid_from=FIRST, valid_to=LAST
    ),
    specific_diseases=(
        SpecificDiseaseCertificate(
            disease=SpecificDisease.RENAL_FAILURE, valid_from=FIRST, valid_to=LAST, self_pay=10_000
        ),
    ),
    nondisclosure=True,
)


def as_text(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


@pytest.mark.parametrize(
    "stored", [STORED, {name: as_text(value) for name, value in STORED.items()}], ids=["decoded", "text"]
)
def test_a_row_becomes_a_value(stored: dict[str, Any]) -> None:
    row = dict.fromkeys((*OTHERS, *(item.name for item in MEMBER_ITEMS))) | stored
    assert enrolment_version(row) == VALUE


def test_a_statement_reads_every_item() -> None:
    columns = [column.strip().split()[-1].split(".")[-1] for column in ENROLMENT_COLUMNS.split(",")]
    assert sorted([*columns, "tickets"]) == sorted((*OTHERS, *(item.name for item in MEMBER_ITEMS)))
