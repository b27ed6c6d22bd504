"""Requests as the wire has them, written without a model: a generator has no time to validate what it says."""

from __future__ import annotations

import base64
import json

from loadtest.model.events import Membership


def proof(certificate: bytes, challenge: str, signature: bytes) -> bytes:
    """A proof as the members of a JSON object, without its braces: certificate (DER), challenge, signature."""
    members = (base64.b64encode(certificate), challenge.encode(), base64.b64encode(signature))
    return b'"certificate":"%b","challenge":"%b","signature":"%b"' % members


def number_body(membership: Membership) -> bytes:
    """A look-up of a membership."""
    said = membership._asdict() | {"birth_date": membership.birth_date.isoformat()}
    return json.dumps({name: value for name, value in said.items() if value is not None}).encode()


def problem_code(body: bytes) -> str:
    """The code of a problem answer (RFC 9457)."""
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return "unreadable"
