"""Rows of enrolment versions as the statements read them, for tests without a database."""

from __future__ import annotations

from datetime import date
from typing import Any

from eligibility_api.contract.member_items import MEMBER_ITEMS

_STORED: dict[str, Any] = {
    "version": 7,
    "entitlement": 3,
    "holder": b"person",
    "mismatch": "none",
    "insurer_number": "01130012",
    "insurer_name": "架空健康保険",
    "tickets": None,
    "certificate_kind": "01",
    "number": "1",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "birth_date": date(1980, 5, 17),
    "address": "架空県見本市1-1",
    "acquired_on": date(2020, 4, 1),
    "nondisclosure": False,
    "self_disclosure_blocked": False,
}


def stored_version(**items: Any) -> dict[str, Any]:
    """A row with `ENROLMENT_COLUMNS` and `tickets`: a member insured since 2020, with these items."""
    return dict.fromkeys(item.name for item in MEMBER_ITEMS) | _STORED | items
