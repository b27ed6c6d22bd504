"""Examples in the OpenAPI document: visibly synthetic; a test validates them."""

from __future__ import annotations

from typing import Any

_CHALLENGE = "ARh7g1oBAAABmdQ1Z2Axamsx"
_CERTIFICATE = "MIIEMDCCAxigAwIBAgIEXK0="
_SIGNATURE = "c2lnbmF0dXJlIG9mIHRoZSBjYXJk"

PROOF: dict[str, Any] = {"challenge": _CHALLENGE, "certificate": _CERTIFICATE, "signature": _SIGNATURE}
"""A proof, with certificate and signature abbreviated."""

MEMBER: dict[str, Any] = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "number": "1234",
    "branch": "00",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン　ミホン",
    "sex": "2",
    "birth_date": "1980-05-17",
    "postal_code": "000-0000",
    "address": "架空県見本市1-2-3",
    "acquired_on": "2024-04-01",
}
"""A member as sent by an insurer."""

END: dict[str, Any] = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "number": "1234",
    "branch": "00",
    "birth_date": "1980-05-17",
    "lost_on": "2026-04-01",
    "reason_of_loss": "03",
}
"""The end of the member's enrolment."""

MEMBERSHIP_KEY: dict[str, Any] = {
    name: END[name] for name in ("insurer_number", "symbol", "number", "branch", "birth_date")
}
"""The member's membership key."""

CORRECTION: dict[str, Any] = {"former": MEMBERSHIP_KEY, "member": MEMBER | {"acquired_on": "2024-05-01"}}
"""A correction of the member's period."""

MOVE: dict[str, Any] = MEMBERSHIP_KEY | {"address": "架空県見本市4-5-6", "postal_code": "000-0001"}
"""A change of address."""

BRANCH: dict[str, Any] = MEMBERSHIP_KEY | {"new_branch": "01"}
"""A new branch number."""

NUMBER: dict[str, Any] = MEMBERSHIP_KEY | {"as_of": "2026-11-23", "limit_certificate_consent": True}
"""A look-up by number."""

REFERENCE: dict[str, Any] = MEMBERSHIP_KEY | {"reference_number": "P-000123"}
"""A facility's own number for the member."""

ELIGIBILITY: dict[str, Any] = {
    "unchanged": False,
    "validity": "1",
    "as_of": "2026-11-23",
    "answered_at": "2026-11-23T00:15:30.123456Z",
    "record_id": "019ab000-0000-7000-8000-000000000001",
    "version": "m3y0S6sJp4Yw6o1b2c3d4e5f",
    "results": [
        {
            **MEMBER,
            "certificate_kind": "01",
            "insurer_name": "架空健康保険協会",
            "insured_name": None,
            "name_alias": None,
            "name_alias_kana": None,
            "sex_on_certificate": None,
            "lost_on": None,
            "reason_of_loss": None,
            "issued_on": None,
            "valid_from": None,
            "valid_to": None,
            "burden_ratio": None,
            "burden_expected": False,
            "preschool": False,
            "elderly_certificate": None,
            "limit_certificate_consent": True,
            "limit_certificate_consent_at": "2026-11-23T00:15:30.123456Z",
            "limit_certificate": None,
            "specific_disease_consent": False,
            "specific_diseases": [],
            "medical_tickets": [],
        }
    ],
}
"""The eligibility answer about the member."""

TICKET_KEY: dict[str, Any] = {
    "recipient_number": "0000018",
    "birth_date": "1980-05-17",
    "month": "2026-11",
    "institution_code": "1311111114",
    "ticket_type": "01",
    "treatment": "02",
}
"""The key of a medical ticket."""

TICKET: dict[str, Any] = {
    **TICKET_KEY,
    "institution_name": "架空診療所",
    "single_or_combined": "01",
    "valid_from": "2026-11-01",
    "valid_to": "2026-11-30",
    "issue_number": "2026-000001",
    "self_pay": 0,
}
"""A medical ticket as sent by a welfare office."""

BATCH: dict[str, Any] = {
    "as_of": "2026-11-23",
    "rows": [
        {
            "insurer_number": "01130012",
            "symbol": "見本",
            "number": "1234",
            "branch": "00",
            "birth_date": "1980-05-17",
            "tag": "P-0001",
        }
    ],
}
"""A batch of one row."""

_RECORD = "019ab000-0000-7000-8000-000000000001"

CONSENT_CHALLENGE: dict[str, Any] = {
    "presence_record": _RECORD,
    "categories": ["limit-certificate", "medication", "prescription"],
    "care": "1",
    "language": "ja",
}
"""A request for a consent's statement."""

CONSENT: dict[str, Any] = {
    **PROOF,
    "presence_record": _RECORD,
    "statement": {
        "version": 2,
        "language": "ja",
        "institution_code": "1311111114",
        "institution_name": "架空診療所",
        "categories": ["limit-certificate", "medication", "prescription"],
        "care": "1",
        "until": "24-hours",
    },
}
"""A signed consent."""

PRESCRIBED: dict[str, Any] = {
    "drug_code": "990000101",
    "quantity": "1",
    "act": "21",
    "usage_code": "006",
    "times": 14,
}
"""One medicine of a prescription."""

PRESCRIPTION: dict[str, Any] = {
    "identified_by": _RECORD,
    "prescribed_on": "2026-11-23",
    "medicines": [PRESCRIBED],
}
"""A prescription of a clinic."""

ON_SITE: dict[str, Any] = {
    "identified_by": _RECORD,
    "dispensed_on": "2026-11-23",
    "medicines": [PRESCRIBED],
}
"""What a clinic dispensed itself."""

DISPENSING: dict[str, Any] = {
    "identified_by": _RECORD,
    "prescribed_on": "2026-11-23",
    "dispensed_on": "2026-11-23",
    "prescriber": {"institution_code": "1311111114", "institution_name": "架空診療所"},
    "medicines": [PRESCRIBED],
}
"""The dispensing of a pharmacy."""

DUPLICATE_CHECK: dict[str, Any] = {
    "identified_by": _RECORD,
    "on": "2026-11-23",
    "same_institution": True,
    "medicines": [{"drug_code": "990000101", "act": "21", "times": 14}],
}
"""A clinic's check before it prescribes."""

CHECKUPS: dict[str, Any] = {
    "checkups": [
        {
            **MEMBERSHIP_KEY,
            "examined_on": "2026-06-01",
            "items": [
                {
                    "item_code": "9A751000000000001",
                    "item_name": "収縮期血圧（1回目）",
                    "data_type": "PQ",
                    "value": "128",
                    "unit": "mmHg",
                }
            ],
        }
    ]
}
"""One health check-up."""

EMERGENCY: dict[str, Any] = {
    "identified_by": _RECORD,
    "reason": "unconscious",
    "note": "意識なし、救急搬送",
    "categories": ["medication", "allergy"],
    "operator": "見本　医師",
    "role": "doctor",
    "one_time_password": "123456",
}
"""A request for access in an emergency."""

DISASTER_SEARCH: dict[str, Any] = {
    "name": "試験　見本",
    "birth_date": "1980-05-17",
    "sex": "2",
    "address": "架空県見本市1-2-3",
    "categories": ["medication"],
    "operator": "見本　医師",
    "role": "doctor",
}
"""A search in disaster mode."""
