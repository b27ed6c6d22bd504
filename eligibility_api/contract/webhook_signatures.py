"""Signatures of webhooks, by the public specification "Standard Webhooks": what the fund signs, and how a receiver verifies.

The signed content is `webhook-id.webhook-timestamp.body`, as bytes. `v1` is HMAC-SHA256 under a secret that both sides have
(`whsec_`, base64); `v1a` is Ed25519, of which the receiver has the public key only (`whpk_`). A message has one signature of
each kind and key, separated by spaces: during a rotation those of both secrets.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"

SECRET_PREFIX = "whsec_"
PUBLIC_KEY_PREFIX = "whpk_"

SECRET_BYTES = 32
"""Length of a new secret; the specification asks for 24 to 64."""

TOLERANCE = timedelta(minutes=5)
"""How far the timestamp may be from the receiver's clock: an older message is a repetition by somebody else."""

MAX_BODY_BYTES = 20_000
"""A longer body is no event of the fund: a receiver refuses it unread."""

_MAX_HEADER = 1_000
_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_KEY_CONTEXT = b"shikaku webhook v1a"


class WebhookRejected(Exception):
    """A message is rejected: a header is missing or malformed, too old, or no signature is right."""


def secret_text(secret: bytes) -> str:
    """The secret as it is shown to its owner: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def parse_secret(text: str) -> bytes:
    """The secret's bytes; the prefix may be absent. Raises ValueError."""
    return base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)


def public_key_text(secret: bytes) -> str:
    """The public key of the signatures `v1a` that belong to a secret: `whpk_` and base64 of its 32 bytes."""
    return PUBLIC_KEY_PREFIX + base64.b64encode(_signing_key(secret).public_key().public_bytes_raw()).decode()


def _signing_key(secret: bytes) -> Ed25519PrivateKey:
    # One secret to keep and to rotate: the key pair follows from it.
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(secret, _KEY_CONTEXT, "sha256"))


def _content(message_id: str, timestamp: int, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode() + body


def symmetric_signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature `v1,…` (HMAC-SHA256)."""
    mac = hmac.digest(secret, _content(message_id, timestamp, body), "sha256")
    return "v1," + base64.b64encode(mac).decode()


def asymmetric_signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature `v1a,…` (Ed25519) of the key pair that belongs to a secret."""
    signature = _signing_key(secret).sign(_content(message_id, timestamp, body))
    return "v1a," + base64.b64encode(signature).decode()


def signed_headers(
    secrets: Sequence[bytes], message_id: str, sent_at: datetime, body: bytes
) -> dict[str, str]:
    """The three headers of a message, signed under each of the secrets, the present one first."""
    timestamp = int(sent_at.timestamp())
    signatures = [
        sign(secret, message_id, timestamp, body)
        for sign in (symmetric_signature, asymmetric_signature)
        for secret in secrets
    ]
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: " ".join(signatures),
    }


def verify(key: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Verify a received message by a secret (`whsec_`) or a public key (`whpk_`), and return its id.

    `headers`: names in lower case. Raises WebhookRejected; ValueError for a malformed key.
    """
    message_id, timestamp = headers.get(ID_HEADER, ""), headers.get(TIMESTAMP_HEADER, "")
    signatures = headers.get(SIGNATURE_HEADER, "")
    if not (0 < len(message_id) <= _MAX_HEADER and 0 < len(signatures) <= _MAX_HEADER):
        raise WebhookRejected("webhook-id or webhook-signature is missing")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise WebhookRejected("webhook-timestamp is missing or malformed")
    if len(body) > MAX_BODY_BYTES:
        raise WebhookRejected("the body is too long")
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > TOLERANCE:
        raise WebhookRejected("webhook-timestamp is too old or too new")
    is_right = _verifier(key, _content(message_id, int(timestamp), body))
    if not any(is_right(signature) for signature in signatures.split(" ")):
        raise WebhookRejected("no signature is right")
    return message_id


def _verifier(key: str, content: bytes) -> Callable[[str], bool]:
    """A test of one signature of the content."""
    if not key.startswith(PUBLIC_KEY_PREFIX):
        expected = b"v1," + base64.b64encode(hmac.digest(parse_secret(key), content, "sha256"))
        return lambda signature: hmac.compare_digest(signature.encode(), expected)
    public = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(key.removeprefix(PUBLIC_KEY_PREFIX), validate=True)
    )

    def is_right(signature: str) -> bool:
        version, _, text = signature.partition(",")
        try:
            public.verify(base64.b64decode(text, validate=True), content)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return version == "v1a"

    return is_right
