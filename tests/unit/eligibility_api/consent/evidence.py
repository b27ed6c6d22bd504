"""Builds exported consents for tests, with an authority and a card whose keys are generated once per process."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.consent import ConsentStatement, to_be_signed, words
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge, MacKeys, issue
from jpki_mock.authority.profiles import authentication_leaf, build_leaf
from jpki_mock.authority.values import Period
from tests.builders.people import sign_with
from tests.unit.eligibility_api.domain.revocations import CA, HOUR, NOW, SERIAL, authority, crl, rsa_key

AUDIENCE = "urn:shikaku:test"
TERMINAL = UUID("5a1f0c6e-0000-4000-8000-000000000001")
PRESENCE = UUID(int=4711)
LIST = crl()
"""The CRL that the fund had: number 7, without the card."""

_STATEMENT = {
    "institution_code": "1311111114",
    "institution_name": "架空診療所",
    "categories": ["limit-certificate", "medication"],
    "care": "1",
    "until": "24-hours",
}


def certificate(owner: str = "card", *, signer: str = "authority", period: Period | None = None) -> bytes:
    """A user-authentication certificate (DER)."""
    valid = period or Period(NOW - timedelta(days=1), NOW + timedelta(days=1))
    leaf = authentication_leaf(CA, rsa_key(owner).public_key(), SERIAL, valid)
    return build_leaf(leaf, authority(signer), rsa_key(signer)).public_bytes(Encoding.DER)


def issued(**more: Any) -> str:
    """A challenge of this terminal for a consent, under a MAC key that no longer exists."""
    parts: dict[str, Any] = {
        "purpose": Purpose.CONSENT,
        "expires_at": NOW + timedelta(minutes=4),
        "institution_code": "1311111114",
        "terminal": TERMINAL,
        "nonce": bytes(NONCE_BYTES),
    }
    return issue(Challenge(**(parts | more)), audience=AUDIENCE, keys=MacKeys(b"gone", {b"gone": bytes(32)}))


def exported(
    *, visual: bool = False, statement: ConsentStatement | dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A valid export, signed by the card; `more` replaces members before it is signed."""
    parts = statement or _STATEMENT
    signed = parts if isinstance(parts, ConsentStatement) else ConsentStatement.model_validate(parts)
    challenge = more.get("challenge") or issued(purpose=Purpose.VISUAL_CONSENT if visual else Purpose.CONSENT)
    message = to_be_signed(
        signed,
        visual_check=visual,
        audience=AUDIENCE,
        terminal_id=str(TERMINAL),
        challenge=challenge,
        presence_record=PRESENCE,
    )
    return {
        "format": "shikaku-consent/1",
        "consent_id": str(UUID(int=1)),
        "basis": "visual-check" if visual else "pin",
        "given_at": NOW.isoformat(),
        "available_until": (NOW + timedelta(hours=24)).isoformat(),
        "operator": "受付　見本" if visual else None,
        "statement": signed.model_dump(mode="json"),
        "words": words(signed),
        "audience": AUDIENCE,
        "terminal_id": str(TERMINAL),
        "presence_record": str(PRESENCE),
        "challenge": challenge,
        "certificate": base64.b64encode(certificate()).decode(),
        "signature": base64.b64encode(sign_with(rsa_key("card"), message)).decode(),
        "revocation": {
            "source": "crl",
            "status": "good",
            "crl_number": 7,
            "crl_sha256": hashlib.sha256(LIST).hexdigest(),
            "this_update": (NOW - HOUR).isoformat(),
            "next_update": (NOW + HOUR).isoformat(),
            "checked_at": (NOW - timedelta(seconds=20)).isoformat(),
        },
        "ended_at": None,
        "end_reason": None,
    } | more


def document(members: dict[str, Any]) -> bytes:
    """The export as a file."""
    return json.dumps(members, ensure_ascii=False).encode()
