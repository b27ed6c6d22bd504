"""Presence challenges: stateless tokens that the fund authenticates with its own MAC (rule A1).

A challenge is issued to one terminal for one purpose and a short time. Nothing is stored until it is used: it
contains everything needed later, under HMAC-SHA-256 with a key that has an id. Layout (big-endian, the whole
encoded as base64url without padding):

    version 1 | key id 4 | purpose 1 | expiry 8 (ms since 1970, UTC) | institution code 10 | terminal 16 | nonce 16 | MAC 32

The MAC covers everything before it and, ahead of that, the audience.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import ShikakuError

NONCE_BYTES = 16
"""Random bytes in a challenge; with the expiry they identify it in the table of used challenges."""

_LAYOUT = struct.Struct(">B4sBq10s16s16s")
_VERSION, _KEY_ID_BYTES = 1, 4
_MAC_BYTES = 32
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_PURPOSES = {
    Purpose.ELIGIBILITY: 1,
    Purpose.FIRST_REGISTRATION: 2,
    Purpose.VISUAL_CHECK: 3,
    Purpose.CONSENT: 4,
    Purpose.VISUAL_CONSENT: 5,
    Purpose.VISUAL_REGISTRATION: 6,
    Purpose.OWN_ACCESS: 7,
}
_PURPOSE_OF = {number: purpose for purpose, number in _PURPOSES.items()}


@dataclass(frozen=True, slots=True)
class MacKeys:
    """MAC keys of challenges: the id of the current one, and all that are still accepted."""

    current: bytes
    keys: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Challenge:
    """The content of a challenge. `terminal` is the client id of the terminal that requested it."""

    purpose: Purpose
    expires_at: datetime
    institution_code: str
    terminal: UUID
    nonce: bytes


def _mac(key: bytes, audience: str, body: bytes) -> bytes:
    name = audience.encode()
    return hmac.digest(key, len(name).to_bytes(2, "big") + name + body, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def issue(challenge: Challenge, *, audience: str, keys: MacKeys) -> str:
    """Encode and authenticate a challenge for the terminal (rule A1)."""
    body = _LAYOUT.pack(
        _VERSION,
        keys.current,
        _PURPOSES[challenge.purpose],
        (challenge.expires_at - _EPOCH) // _MILLISECOND,
        challenge.institution_code.encode(),
        challenge.terminal.bytes,
        challenge.nonce,
    )
    mac = _mac(keys.keys[keys.current], audience, body)
    return _text(body + mac)


def verify(text: str, *, audience: str, keys: MacKeys) -> Challenge:
    """Decode a challenge and verify its MAC.

    Raises `challenge-altered` for anything not issued under `keys` (rule A1).
    """
    body, mac = _parts(text)
    key = keys.keys.get(body[1 : 1 + _KEY_ID_BYTES])
    if key is None or not hmac.compare_digest(mac, _mac(key, audience, body)):
        raise ShikakuError("challenge-altered")
    return _challenge(body)


def parse_unverified(text: str) -> Challenge:
    """Decode a challenge without the fund's keys: nothing proves that the fund issued it.

    Raises `challenge-altered` for anything that is not in the form of a challenge.
    """
    body, _ = _parts(text)
    try:
        return _challenge(body)
    except (ValueError, OverflowError):
        raise ShikakuError("challenge-altered") from None


def _parts(text: str) -> tuple[bytes, bytes]:
    """A challenge's body and MAC. Raises `challenge-altered`."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ShikakuError("challenge-altered") from None
    # Another encoding of the same bytes (other unused bits at the end) is rejected: one challenge, one text.
    if len(data) != _LAYOUT.size + _MAC_BYTES or _text(data) != text:
        raise ShikakuError("challenge-altered")
    if data[0] != _VERSION:
        raise ShikakuError("challenge-altered")
    return data[: _LAYOUT.size], data[_LAYOUT.size :]


def _challenge(body: bytes) -> Challenge:
    _, _, purpose, expires_ms, institution_code, terminal, nonce = _LAYOUT.unpack(body)
    # A newer worker may have issued it, under the shared key, for a purpose unknown here.
    if purpose not in _PURPOSE_OF:
        raise ShikakuError("challenge-other-purpose")
    return Challenge(
        purpose=_PURPOSE_OF[purpose],
        expires_at=_EPOCH + expires_ms * _MILLISECOND,
        institution_code=institution_code.decode(),
        terminal=UUID(bytes=terminal),
        nonce=nonce,
    )


def check(
    challenge: Challenge, *, purpose: Purpose, institution_code: str, terminal: UUID, now: datetime
) -> None:
    """Check who presents a challenge, for which purpose, and when (rule A1).

    Raises, in this order, `challenge-other-facility`, `challenge-other-terminal`, `challenge-other-purpose`
    or `challenge-expired`.
    """
    if challenge.institution_code != institution_code:
        raise ShikakuError("challenge-other-facility")
    if challenge.terminal != terminal:
        raise ShikakuError("challenge-other-terminal")
    if challenge.purpose != purpose:
        raise ShikakuError("challenge-other-purpose")
    if challenge.expires_at <= now:
        raise ShikakuError("challenge-expired")


def expiry(now: datetime, life: timedelta) -> datetime:
    """The expiry of a challenge issued `now`, truncated to the millisecond of its layout."""
    end = now + life
    return end.replace(microsecond=end.microsecond // 1000 * 1000)
