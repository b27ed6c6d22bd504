"""Values for generated lives: few, so that they collide, and all near an edge of a rule."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from loadtest.model.events import Items, Membership

DAY = timedelta(days=1)
SOCIETY, MUNICIPAL, LATE_ELDERLY, WELFARE = "06130017", "138057", "39131008", "12143210"
ASSOCIATION = "133991"
INSURERS = {
    SOCIETY: "試験健康保険組合",
    MUNICIPAL: "架空市",
    ASSOCIATION: "架空国民健康保険組合",
    LATE_ELDERLY: "架空県後期高齢者医療広域連合",
    WELFARE: "架空福祉事務所",
}
CLINIC, OTHER_CLINIC = "1311111114", "0110113719"

BIRTHS = [
    date(1980, 5, 17),
    date(1951, 4, 1),
    date(1951, 5, 2),
    date(1952, 2, 29),
    date(1956, 4, 1),
    date(1956, 4, 2),
    date(1956, 2, 29),
    date(2020, 3, 31),
    date(2020, 4, 1),
    date(2020, 4, 2),
    date(2026, 4, 1),
]
"""Persons around 75, 70 and 6 years of age in the spring of 2026, and a newborn."""

DAYS = [
    date(2025, 4, 1),
    date(2026, 2, 1),
    date(2026, 3, 31),
    date(2026, 4, 1),
    date(2026, 4, 2),
    date(2026, 5, 2),
    date(2026, 5, 3),
    date(2027, 3, 1),
]
"""Days on which something begins or ends."""

SPRING = {"valid_from": date(2026, 3, 1), "valid_to": date(2026, 4, 1), "issued_on": None}
LIMIT = {"kind": "01", "limit_class": "A03", "long_term_on": None, **SPRING}
DISEASE = {"disease": "1", "self_pay": 10_000, **SPRING}
ELDERLY = {"burden_ratio": 20, **SPRING}
WITHOUT_LAST_DAY = {"valid_to": None}

VARIANTS: list[Items] = [
    {"relationship": "1"},
    {"relationship": "1", "limit_certificate": LIMIT, "specific_diseases": [DISEASE]},
    {"relationship": "1", "burden_ratio": 10, "elderly_certificate": ELDERLY},
    {
        "relationship": "1",
        "elderly_certificate": ELDERLY | WITHOUT_LAST_DAY,
        "limit_certificate": LIMIT | WITHOUT_LAST_DAY,
        "specific_diseases": [DISEASE | WITHOUT_LAST_DAY],
    },
    {"relationship": "1", "certificate_kind": "05", "burden_ratio": 20, "elderly_certificate": ELDERLY},
    {"relationship": "2", "insured_birth_date": date(1951, 4, 1), "insured_name": "試験　世帯主"},
    {"relationship": "2", "insured_birth_date": date(1951, 5, 2), "limit_certificate": LIMIT},
    {"relationship": "1", "insured_birth_date": date(1951, 4, 1), "nondisclosure": True},
]

ABSENT: Items = {
    "limit_certificate": None,
    "specific_diseases": [],
    "elderly_certificate": None,
    "burden_ratio": None,
}

CALLERS: list[dict[str, Any]] = [
    {"institution_code": CLINIC, "facility_kind": "clinic"},
    {
        "institution_code": OTHER_CLINIC,
        "facility_kind": "hospital",
        "consents": frozenset({"limit-certificate"}),
    },
    {
        "institution_code": CLINIC,
        "facility_kind": "pharmacy",
        "consents": frozenset({"limit-certificate", "specific-diseases"}),
    },
    {
        "institution_code": CLINIC,
        "facility_kind": "eligibility-only",
        "consents": frozenset({"limit-certificate", "specific-diseases"}),
    },
]

SPELLINGS = [("見本", "12-3"), ("見 本", "１２３"), ("見本", "12ー3"), ("　見本", "12−3")]
"""Different spellings of one symbol and number."""


def membership(insurer: str, branch: str | None, birth_date: date, spelling: int = 0) -> Membership:
    """A membership; the late-elderly scheme has neither symbol nor branch."""
    symbol, number = SPELLINGS[spelling % len(SPELLINGS)]
    if insurer == LATE_ELDERLY:
        return Membership(insurer, None, number, None, birth_date)
    return Membership(insurer, symbol, number, branch, birth_date)


def items(insurer: str, name: str, period: tuple[date, date | None], variant: Items) -> Items:
    """The items of a member as an insurer sends them."""
    acquired_on, lost_on = period
    return {
        **ABSENT,
        "certificate_kind": "01",
        **variant,
        **({"certificate_kind": "A1"} if insurer == WELFARE else {}),
        "insurer_name": INSURERS[insurer],
        "name": name,
        "name_kana": "シケン　ミホン",
        "sex": "2",
        "postal_code": "000-0000",
        "address": f"架空県見本市 {name}",
        "acquired_on": acquired_on,
        "lost_on": lost_on,
        "reason_of_loss": "99" if lost_on else None,
    }


def ticket(institution: str, first: date, last: date) -> Items:
    """A medical ticket of the month of its first day."""
    return {
        "ticket_type": "01",
        "month": f"{first:%Y-%m}",
        "valid_from": first,
        "valid_to": max(first, last),
        "issue_number": "1",
        "institution_code": institution,
        "institution_name": None,
        "treatment": "02",
        "single_or_combined": "01",
        "self_pay": None,
    }


def _period(days: tuple[date, date | None]) -> tuple[date, date | None]:
    first, end = days
    return (first, end) if end is None or end > first else (first, None)


births = st.sampled_from(BIRTHS)
insurers = st.sampled_from([SOCIETY, MUNICIPAL, WELFARE, SOCIETY, WELFARE, LATE_ELDERLY, ASSOCIATION])
branches = st.sampled_from(["00", "00", "01", None])
days = st.sampled_from(DAYS)
periods = st.tuples(days, st.none() | days).map(_period)
variants = st.sampled_from(VARIANTS)
reasons = st.sampled_from(["02", "03", "99"])
callers = st.sampled_from(CALLERS)
numbers = st.integers(0, 7)
"""Selects an element of a list by modulo."""
