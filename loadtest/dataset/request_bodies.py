"""JSON bodies written without pydantic models: a load generator has no processor time for validation."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus

from loadtest.model.events import Membership


def proof_members(certificate: bytes, challenge: str, signature: bytes) -> bytes:
    """A proof as members of a JSON object, without its braces: certificate (DER), challenge, signature."""
    values = (base64.b64encode(certificate), challenge.encode(), base64.b64encode(signature))
    return b'"certificate":"%b","challenge":"%b","signature":"%b"' % values


def number_body(membership: Membership) -> bytes:
    """The body of a look-up by number."""
    members = membership._asdict() | {"birth_date": membership.birth_date.isoformat()}
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


def retry_after(status: int, body: bytes) -> float:
    """Seconds after which an overloaded service asks for a retry; 0 for any other answer, and if it names none."""
    if status != HTTPStatus.SERVICE_UNAVAILABLE:
        return 0.0
    try:
        return float(json.loads(body)["retry_after"] or 0)
    except (ValueError, KeyError, TypeError):
        return 0.0


def problem_code(body: bytes) -> str:
    """The code of a problem answer (RFC 9457); `unreadable` if there is none."""
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return "unreadable"
