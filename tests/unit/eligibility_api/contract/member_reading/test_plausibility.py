"""Plausibility findings of member files: what age or scheme forbids is to be looked at, and refuses nothing."""

from __future__ import annotations

import pytest

from eligibility_api.contract.member_rules import CHECKS
from tests.builders.member_rows import OWN, read_cells

LATE_ELDERLY = {"insurer_number": "39131156", "branch": "", "symbol": "", "birth_date": "1945-01-01"}
SEVENTY_TWO = {"birth_date": "1954-01-15"}
LIMIT = {"limit_kind": "01", "limit_valid_from": "2025-08-01", "limit_valid_to": "2026-07-31"}
ELDERLY = {"elderly_valid_from": "2025-08-01", "elderly_valid_to": "2026-07-31"}
DISEASE = {"disease_1": "1", "disease_1_valid_from": "2025-08-01", "disease_1_valid_to": "2026-07-31"}


def found(cells: dict[str, str]) -> list[tuple[int, str | None, str]]:
    read = read_cells(cells.get("insurer_number", OWN), **cells)
    assert list(read.rows) == [2]
    return read.faults


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        # F5: classes of the limit certificate.
        (SEVENTY_TWO | LIMIT | {"limit_class": "A03"}, "limit_class", "limit-class-age"),
        (LIMIT | {"limit_class": "B04"}, "limit_class", "limit-class-age"),
        (LIMIT | {"limit_class": "B09"}, "limit_class", "limit-class-scheme"),
        (SEVENTY_TWO | LIMIT | {"limit_class": "B10"}, "limit_class", "limit-class-scheme"),
        (LATE_ELDERLY | LIMIT | {"limit_class": "A05"}, "limit_class", "limit-class-age"),
        ({"birth_date": "1955-08-01"} | LIMIT | {"limit_class": "A03"}, "limit_class", "limit-class-age"),
        # F6: own payment for a specific disease.
        (DISEASE | {"disease_1_self_pay": "15000"}, "disease_1_self_pay", "self-pay-amount"),
        (DISEASE | {"disease_1_self_pay": "0"}, "disease_1_self_pay", "self-pay-amount"),
        # F7: burden ratios.
        ({"burden_ratio": "30"}, "burden_ratio", "ratio-not-expected"),
        ({"birth_date": "1956-04-02", "burden_ratio": "20"}, "burden_ratio", "ratio-not-expected"),
        (SEVENTY_TWO | {"burden_ratio": "10"}, "burden_ratio", "ratio-ended"),
        (ELDERLY | {"elderly_burden_ratio": "20"}, "elderly_valid_from", "ratio-not-expected"),
        (LATE_ELDERLY | ELDERLY, "elderly_valid_from", "ratio-not-expected"),
        (SEVENTY_TWO | ELDERLY | {"elderly_burden_ratio": "10"}, "elderly_burden_ratio", "ratio-ended"),
        # F8: kinds of certificate that ended.
        ({"certificate_kind": "02"}, "certificate_kind", "kind-ended"),
        ({"certificate_kind": "03"}, "certificate_kind", "kind-ended"),
        ({"certificate_kind": "04"}, "certificate_kind", "kind-ended"),
        ({"certificate_kind": "06"}, "certificate_kind", "kind-ended"),
    ],
)
def test_an_implausible_item_is_found_and_its_row_is_read(
    cells: dict[str, str], column: str, code: str
) -> None:
    assert code in CHECKS
    assert found(cells) == [(2, column, code)]


@pytest.mark.parametrize(
    "cells",
    [
        {},
        LIMIT | {"limit_class": "A03"},
        SEVENTY_TWO | LIMIT | {"limit_class": "B04"},
        LATE_ELDERLY | LIMIT | {"limit_class": "B09"},
        # A certificate of the year in which she turns 70 may have either class.
        {"birth_date": "1956-01-15"} | LIMIT | {"limit_class": "A03"},
        {"birth_date": "1956-01-15"} | LIMIT | {"limit_class": "B04"},
        {"birth_date": "1955-08-02"} | LIMIT | {"limit_class": "A03"},
        DISEASE | {"disease_1_self_pay": "10000"},
        DISEASE | {"disease_1_self_pay": "20,000円"},
        DISEASE,
        LATE_ELDERLY | {"burden_ratio": "10"},
        SEVENTY_TWO | {"burden_ratio": "20"},
        {"birth_date": "1956-04-01", "burden_ratio": "30"},
        SEVENTY_TWO | ELDERLY | {"elderly_burden_ratio": "30"},
        # Members in the past: by the last day of the membership.
        {"birth_date": "1940-01-15", "acquired_on": "2008-04-01", "lost_on": "2015-01-15", "reason_of_loss": "99", "burden_ratio": "10"},
        {"certificate_kind": "05"},
        {"certificate_kind": "07"},
    ],
)  # fmt: skip
def test_what_age_and_scheme_allow_is_no_finding(cells: dict[str, str]) -> None:
    assert found(cells) == []


def test_a_row_with_a_fault_has_no_other_findings() -> None:
    read = read_cells(sex="F", burden_ratio="30")
    assert read.faults == [(2, "sex", "code")]


def test_each_disease_certificate_has_its_own_finding() -> None:
    second = {key.replace("disease_1", "disease_2"): value for key, value in DISEASE.items()}
    amounts = {"disease_1_self_pay": "10000", "disease_2_self_pay": "5000"}
    assert found(DISEASE | second | amounts) == [(2, "disease_2_self_pay", "self-pay-amount")]
