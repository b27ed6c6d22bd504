"""Examples for the published description of the interface: visibly synthetic, and valid by test."""

from __future__ import annotations

from typing import Any

_CHALLENGE = "ARh7g1oBAAABmdQ1Z2Axamsx"
_CERTIFICATE = "MIIEMDCCAxigAwIBAgIEXK0="
_SIGNATURE = "c2lnbmF0dXJlIG9mIHRoZSBjYXJk"

PROOF: dict[str, Any] = {"challenge": _CHALLENGE, "certificate": _CERTIFICATE, "signature": _SIGNATURE}
"""A proof, its certificate and signature cut short."""

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
"""A member as an insurer sends her."""

END: dict[str, Any] = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "number": "1234",
    "branch": "00",
    "birth_date": "1980-05-17",
    "lost_on": "2026-04-01",
    "reason_of_loss": "03",
}
"""The end of her enrolment."""

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
            "lost_on": None,
            "reason_of_loss": None,
        }
    ],
}
"""The answer about her."""
