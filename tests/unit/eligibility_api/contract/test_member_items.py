"""The table of a member's items is what the typed declarations say, and what files have had from the beginning."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import get_args

import pytest
from pydantic import BaseModel

from eligibility_api.contract.member_file import MEMBER_COLUMNS, REQUIRED_COLUMNS
from eligibility_api.contract.member_items import (
    LATER_ITEMS,
    MEMBER_ITEMS,
    Certificate,
    Disclosure,
    Enrolment,
    Item,
    Kind,
    MemberItems,
)
from eligibility_api.domain.enrolment_version import EnrolmentVersion

CERTIFICATES = [item.certificate for item in MEMBER_ITEMS if item.certificate is not None]
DECIDED = {
    "burden_expected",
    "preschool",
    "limit_certificate_consent",
    "limit_certificate_consent_at",
    "specific_disease_consent",
    "medical_tickets",
}
"""Fields of an answer that no item is."""


def requirement(item: Item) -> tuple[bool, object]:
    """Whether a request must have the item, and what counts otherwise."""
    if item.required:
        return True, None
    if item.kind is Kind.FLAG:
        return False, False
    return False, () if item.certificate is not None and item.certificate.repeated else item.default


def test_the_request_declares_every_item_with_its_codes_and_its_default() -> None:
    declared = MemberItems.model_fields
    assert list(declared) == [item.name for item in MEMBER_ITEMS]
    for item in MEMBER_ITEMS:
        field = declared[item.name]
        required = field.is_required()
        assert (required, None if required else field.default) == requirement(item), item.name
        codes = item.codes is None or item.codes in {field.annotation, *get_args(field.annotation)}
        assert codes, item.name


def test_the_value_of_a_version_has_every_item() -> None:
    declared = {field.name: field for field in fields(EnrolmentVersion)}
    others = {
        "version", "entitlement", "person_key", "mismatch", "insurer_number", "insurer_name", "tickets",
    }  # fmt: skip
    assert declared.keys() == others | {item.name for item in MEMBER_ITEMS}
    missing = {
        item.name for item in MEMBER_ITEMS if item.required and declared[item.name].default is not MISSING
    }
    assert not missing


def test_an_answer_has_every_item_that_is_disclosed() -> None:
    disclosed = {item.name for item in MEMBER_ITEMS if item.disclosure is not Disclosure.NEVER}
    assert set(Enrolment.model_fields) == disclosed | DECIDED | {"insurer_number", "insurer_name"}


@pytest.mark.parametrize("certificate", CERTIFICATES, ids=lambda certificate: certificate.prefix)
def test_a_certificates_model_declares_the_items_of_the_group(certificate: Certificate) -> None:
    model: type[BaseModel] = certificate.model
    declared = {name: field.is_required() for name, field in model.model_fields.items()}
    assert declared == {item.name: item.required for item in certificate.items}


def test_a_later_item_may_be_absent() -> None:
    """Rule T8."""
    assert all(item.default is None and not item.required for item in LATER_ITEMS)
    assert len({item.name for item in MEMBER_ITEMS}) == len(MEMBER_ITEMS)


def test_files_keep_the_columns_of_the_first_version() -> None:
    period = ("issued_on", "valid_from", "valid_to")
    first = (
        "insurer_number", "certificate_kind", "symbol", "number", "branch", "relationship", "insured_name",
        "insured_birth_date", "name", "name_kana", "name_alias", "name_alias_kana", "sex", "sex_on_certificate",
        "birth_date", "postal_code", "address", "acquired_on", "lost_on", "reason_of_loss", "issued_on", "valid_from",
        "valid_to", "burden_ratio", "nondisclosure", "self_disclosure_blocked", *(f"elderly_{item}" for item in period),
        "elderly_burden_ratio", "limit_kind", "limit_class", *(f"limit_{item}" for item in period),
        "limit_long_term_on",
        *(f"disease_{n}{item}" for n in (1, 2, 3) for item in ("", *(f"_{i}" for i in period), "_self_pay")),
    )  # fmt: skip
    later = {item.name for item in LATER_ITEMS}
    assert tuple(column for column in MEMBER_COLUMNS if column not in later) == first
    assert REQUIRED_COLUMNS == (
        "insurer_number", "number", "relationship", "name", "sex", "birth_date", "acquired_on",
    )  # fmt: skip
