"""Signed notes (c2sp.org/signed-note) with Ed25519, and timestamped cosignatures (c2sp.org/tlog-cosignature, v1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_NOTE = 64 * 1024
"""Maximum bytes of a note that is parsed."""

MAX_SIGNATURES = 100
"""Maximum signatures of a note that is parsed."""

MAX_KEY = 512
"""Maximum characters of a verification key that is parsed."""

_KEY_SIZE = 32
_SIGNATURE_SIZE = 64
_TIME_SIZE = 8


class NoteError(ValueError):
    """A note or key is malformed, or a note is not signed by the keys that it must be signed by."""


class Algorithm(IntEnum):
    """The signature types in use, with their identifier bytes."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name and id (4 bytes), and the signature."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line in a note, with its newline."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"

    @property
    def time(self) -> int:
        """The seconds since the epoch that a cosignature states. Raises NoteError for another signature."""
        if len(self.value) != _TIME_SIZE + _SIGNATURE_SIZE:
            raise NoteError("not a cosignature")
        return int.from_bytes(self.value[:_TIME_SIZE])


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a newline, and its signatures."""

    text: str
    signatures: Sequence[Signature]

    def encode(self) -> bytes:
        """Return the note's bytes."""
        return "\n".join([self.text, "".join(signature.line for signature in self.signatures)]).encode()


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key with its name: who signs, and how. Raises NoteError for a name that no note can contain."""

    name: str
    public_key: bytes
    algorithm: Algorithm = Algorithm.ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public_key) != _KEY_SIZE:
            raise NoteError(f"an Ed25519 key has {_KEY_SIZE} bytes")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that a signature line names the key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:4]

    @property
    def _typed(self) -> bytes:
        return bytes([self.algorithm]) + self.public_key

    def __str__(self) -> str:
        """Return the key as text (vkey): name, id and key, joined by `+`."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self._typed).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerificationKey:
        """Return the key of a text (vkey). Raises NoteError."""
        name, _, rest = text.partition("+")
        _, _, encoded = rest.partition("+")
        typed = _decode(encoded) if len(text) <= MAX_KEY else b""
        if not typed or typed[0] not in set(Algorithm):
            raise NoteError("not a verification key of a supported type")
        key = cls(name, typed[1:], Algorithm(typed[0]))
        if str(key) != text:
            raise NoteError("the verification key is not written as its own name, id and key are")
        return key

    def verify(self, text: str, signature: Signature) -> bool:
        """Return whether this key made the signature of the text."""
        message, value = text.encode(), signature.value
        if (signature.name, signature.key_id) != (self.name, self.key_id):
            return False
        if self.algorithm is Algorithm.COSIGNATURE:
            time, value = value[:_TIME_SIZE], value[_TIME_SIZE:]
            message = _cosigned(text, int.from_bytes(time))
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(value, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name."""

    name: str
    private_key: Ed25519PrivateKey
    algorithm: Algorithm = Algorithm.ED25519

    @property
    def verification_key(self) -> VerificationKey:
        """The public half."""
        return VerificationKey(self.name, self.private_key.public_key().public_bytes_raw(), self.algorithm)

    def sign(self, text: str, time: int | None = None) -> Signature:
        """Sign a note's text; `time` in seconds since the epoch for a cosignature only. Raises NoteError."""
        if not text.endswith("\n") or _has_controls(text):
            raise NoteError("a note's text ends with a newline and has no other control characters")
        if (time is not None) != (self.algorithm is Algorithm.COSIGNATURE):
            raise NoteError("a cosignature states its time; another signature does not")
        if time is None:
            value = self.private_key.sign(text.encode())
        else:
            value = time.to_bytes(_TIME_SIZE) + self.private_key.sign(_cosigned(text, time))
        return Signature(self.name, self.verification_key.key_id, value)


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note's text, the signatures that known keys made, and those of unknown keys. Each signature stands once."""

    text: str
    verified: Sequence[Signature]
    unverified: Sequence[Signature]


def parse_note(data: bytes) -> Note:
    """Return a note without verifying it. Raises NoteError."""
    try:
        content = data.decode() if len(data) <= MAX_NOTE else ""
    except UnicodeDecodeError:
        content = ""
    text, separator, lines = content.rpartition("\n\n")
    if not separator or not lines.endswith("\n") or _has_controls(content):
        raise NoteError("not a signed note")
    signatures = [_parse_signature(line) for line in lines[:-1].split("\n")]
    if len(signatures) > MAX_SIGNATURES:
        raise NoteError("the note has too many signatures")
    return Note(text + "\n", signatures)


def open_note(data: bytes, keys: Sequence[VerificationKey]) -> OpenedNote:
    """Verify a note by known keys; signatures of others are ignored.

    Raises NoteError if the note is malformed, if no known key signed it, or if a known key's signature is invalid.
    """
    note = parse_note(data)
    known = {(key.name, key.key_id): key for key in keys}
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: dict[Signature, None] = {}
    for signature in note.signatures:
        place = (signature.name, signature.key_id)
        key = known.get(place)
        if key is None:
            unverified[signature] = None
        elif place not in verified:
            if not key.verify(note.text, signature):
                raise NoteError(f"invalid signature of key {key.name}+{key.key_id.hex()}")
            verified[place] = signature
    if not verified:
        raise NoteError("no known key signed the note")
    return OpenedNote(note.text, list(verified.values()), list(unverified))


def _parse_signature(line: str) -> Signature:
    dash, space, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    value = _decode(encoded)
    if (dash, space) != ("—", " ") or len(value) <= 4:
        raise NoteError("the note has a malformed signature")
    _check_name(name)
    return Signature(name, value[:4], value[4:])


def _decode(encoded: str) -> bytes:
    """Decode canonical base64; no bytes for anything else."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == encoded else b""


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteError("a key's name is not empty and has neither spaces nor plus signs")


def _has_controls(text: str) -> bool:
    return any(character < " " and character != "\n" for character in text)


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
