"""Proofs with an invalid challenge (rule A1). All are signed over the presented challenge, as by a colluding terminal:
without a check of the challenge nothing else would reject them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta

from eligibility_api.contract.codes import Purpose
from eligibility_api.domain.challenge import MacKeys
from tests.conformance.cases import Case
from tests.conformance.proof_builder import (
    AT,
    AUDIENCE,
    KEY_ID,
    LIFE,
    OTHER_INSTITUTION,
    OTHER_TERMINAL,
    UNKNOWN_KEY_ID,
    Attempt,
    ProofBuilder,
)

_MAC_BYTES = 32
_VERSION, _KEY_ID, _PURPOSE, _EXPIRY, _INSTITUTION, _TERMINAL, _NONCE, _MAC = 0, 1, 5, 8, 23, 39, 40, 56
"""The offset of a byte of each field; changes of expiry and institution give another meaningful value."""

Respell = Callable[[str], str]


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _changed(text: str, offset: int, mask: int = 1) -> str:
    data = bytearray(_bytes(text))
    data[offset] ^= mask
    return _text(bytes(data))


def _remade(w: ProofBuilder, offset: int, value: int) -> str:
    """A challenge with one byte changed, and a valid MAC over it."""
    body = bytearray(_bytes(w.challenge)[:-_MAC_BYTES])
    body[offset] = value
    name = AUDIENCE.encode()
    mac = hmac.digest(
        w.mac_keys.keys[KEY_ID], len(name).to_bytes(2, "big") + name + bytes(body), hashlib.sha256
    )
    return _text(bytes(body) + mac)


def _spelled(name: str, difference: str, respell: Respell) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(challenge=respell(w.challenge))

    return Case(f"challenge-{name}", difference, make, "challenge-altered", "rsa-2048")


def _altered(field: str, offset: int, mask: int = 1) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(challenge=_changed(w.challenge, offset, mask))

    difference = f"One byte of the challenge's {field} is another."
    return Case(
        f"challenge-{field.replace(' ', '-')}-altered", difference, make, "challenge-altered", "rsa-2048"
    )


def _other_unused_bits(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]


def _full_width(text: str) -> str:
    return chr(ord(text[0]) + 0xFEE0) + text[1:]


def _with_both_alphabets(w: ProofBuilder) -> str:
    """A challenge whose text differs between the two alphabets."""
    return next(text for text in iter(w.issued_challenge, "") if "-" in text or "_" in text)


TIME_AND_PLACE = (
    Case(
        "challenge-expired-this-instant",
        "Presented at the very instant of the challenge's expiry.",
        lambda w: w.present(at=AT + LIFE),
        "challenge-expired",
        "rsa-2048",
    ),
    Case(
        "challenge-expired-a-millisecond-ago",
        "Presented one millisecond after the challenge's expiry.",
        lambda w: w.present(at=AT + LIFE + timedelta(milliseconds=1)),
        "challenge-expired",
        "rsa-2048",
    ),
    Case(
        "challenge-of-another-facility",
        "Presented by a terminal of another facility, which signs in under its own code.",
        lambda w: w.present(institution_code=OTHER_INSTITUTION),
        "challenge-other-facility",
        "rsa-2048",
    ),
    Case(
        "challenge-of-another-terminal",
        "Presented by another terminal of the same facility.",
        lambda w: w.present(terminal=OTHER_TERMINAL),
        "challenge-other-terminal",
        "rsa-2048",
    ),
    Case(
        "challenge-for-eligibility-used-to-register",
        "A challenge for eligibility is presented, and signed, for a first registration.",
        lambda w: w.present(purpose=Purpose.FIRST_REGISTRATION),
        "challenge-other-purpose",
        "rsa-2048",
    ),
    Case(
        "challenge-for-eligibility-used-for-a-visual-check",
        "A challenge for eligibility is presented, and signed, for a visual check.",
        lambda w: w.present(purpose=Purpose.VISUAL_CHECK),
        "challenge-other-purpose",
        "rsa-2048",
    ),
    Case(
        "challenge-for-a-visual-check-used-for-eligibility",
        "A challenge for a visual check is presented, and signed, for eligibility.",
        lambda w: w.present(challenge=w.issued_challenge(purpose=Purpose.VISUAL_CHECK)),
        "challenge-other-purpose",
        "rsa-2048",
    ),
)

ALTERED = (
    _altered("version", _VERSION),
    _altered("key id", _KEY_ID),
    _altered("nonce", _NONCE),
    _altered("MAC", _MAC),
    _altered("last byte", -1),
    Case(
        "challenge-purpose-altered",
        "The challenge's purpose is made a visual check, for which it is then presented and signed.",
        lambda w: w.present(challenge=_changed(w.challenge, _PURPOSE, 2), purpose=Purpose.VISUAL_CHECK),
        "challenge-altered",
        "rsa-2048",
    ),
    Case(
        "challenge-expiry-altered",
        "One byte of the challenge's expiry is made a later one; presented after the former expiry.",
        lambda w: w.present(challenge=_changed(w.challenge, _EXPIRY, 2), at=AT + LIFE),
        "challenge-altered",
        "rsa-2048",
    ),
    Case(
        "challenge-institution-altered",
        "The institution code's last digit is another; presented by a facility of that code.",
        lambda w: w.present(
            challenge=_changed(w.challenge, _INSTITUTION, ord("4") ^ ord("5")), institution_code="1311111115"
        ),
        "challenge-altered",
        "rsa-2048",
    ),
    Case(
        "challenge-terminal-altered",
        "The terminal in the challenge is made another one, which presents it.",
        lambda w: w.present(challenge=_changed(w.challenge, _TERMINAL, 3), terminal=OTHER_TERMINAL),
        "challenge-altered",
        "rsa-2048",
    ),
)

FOREIGN = (
    Case(
        "challenge-under-an-unknown-key",
        "Made under a key whose id the fund does not know.",
        lambda w: w.present(challenge=w.issued_challenge(keys=_foreign_keys(UNKNOWN_KEY_ID))),
        "challenge-altered",
        "rsa-2048",
    ),
    Case(
        "challenge-under-another-key-of-the-same-id",
        "Made under another key that bears the id of the fund's.",
        lambda w: w.present(challenge=w.issued_challenge(keys=_foreign_keys(KEY_ID))),
        "challenge-altered",
        "rsa-2048",
    ),
    Case(
        "challenge-for-another-audience",
        "Made under the same key by a fund of another name.",
        lambda w: w.present(challenge=w.issued_challenge(audience=AUDIENCE + "-2")),
        "challenge-altered",
        "rsa-2048",
    ),
    Case(
        "challenge-of-another-version",
        "Made under the right key in a layout of version 2.",
        lambda w: w.present(challenge=_remade(w, _VERSION, 2)),
        "challenge-altered",
        "rsa-2048",
    ),
    Case(
        "challenge-for-an-unknown-purpose",
        "Made under the right key for a purpose with the number 9, which does not exist.",
        lambda w: w.present(challenge=_remade(w, _PURPOSE, 9)),
        "challenge-other-purpose",
        "rsa-2048",
    ),
)


def _foreign_keys(key_id: bytes) -> MacKeys:
    return MacKeys(key_id, {key_id: secrets.token_bytes(32)})


SPELLINGS = (
    _spelled("empty", "The challenge is the empty text.", lambda text: ""),
    _spelled("a-character-short", "The challenge's last character is missing.", lambda text: text[:-1]),
    _spelled("a-byte-short", "The challenge's last byte is missing.", lambda text: _text(_bytes(text)[:-1])),
    _spelled(
        "without-mac", "The challenge ends before its MAC.", lambda text: _text(_bytes(text)[:-_MAC_BYTES])
    ),
    _spelled("a-byte-long", "A zero byte follows the challenge.", lambda text: _text(_bytes(text) + b"\0")),
    _spelled("twice", "The challenge stands there twice.", lambda text: text * 2),
    _spelled("with-padding", "The base64url has its padding.", lambda text: text + "=="),
    _spelled(
        "with-other-unused-bits",
        "The last character spells the same bytes with another unused bit.",
        _other_unused_bits,
    ),
    Case(
        "challenge-in-the-other-alphabet",
        "Spelled in base64's alphabet, with + and /, not in base64url's.",
        lambda w: w.present(challenge=_with_both_alphabets(w).replace("-", "+").replace("_", "/")),
        "challenge-altered",
        "rsa-2048",
    ),
    _spelled("in-hexadecimal", "Spelled in hexadecimal.", lambda text: _bytes(text).hex()),
    _spelled("with-a-line-end", "A line end follows the challenge.", lambda text: text + "\n"),
    _spelled("with-a-space-before", "A space precedes the challenge.", lambda text: " " + text),
    _spelled(
        "with-a-space-inside", "A space stands inside the challenge.", lambda text: f"{text[:9]} {text[9:]}"
    ),
    _spelled("with-nul", "A NUL character follows the challenge.", lambda text: text + "\0"),
    _spelled("in-full-width", "The first character is its full-width form.", _full_width),
    _spelled("not-text-at-all", "Japanese words stand for the challenge.", lambda text: "チャレンジ"),
)

CASES = (*TIME_AND_PLACE, *ALTERED, *FOREIGN, *SPELLINGS)
