"""The lines of an exported audit record (`docs/audit.md`): compact JSON, one object a line, read exactly as written.

A whole export has: a header, the log's commitments, then per leaf the rows that its answer was computed from and
the record, and an end. A partial one has a header, records with their inclusion proofs, and an end.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eligibility_api.merkle_log.commitments import SALT_SIZE
from eligibility_api.merkle_log.hashing import HASH_SIZE
from eligibility_api.merkle_log.proofs import MAX_PROOF
from eligibility_api.merkle_log.tiles import MAX_SIZE, TILE_WIDTH

FORMAT = "shikaku-audit-export/1"
"""The format's name and version, in the header."""

MAX_LINE = 4 * 1024 * 1024
"""Maximum bytes of a line that is read."""

_MAX_KEYS = 100
_PLACE = re.compile(
    rb'\{"(leaf|commitments)":([0-9]{1,19})[,}]|\{"row":"([a-z]{1,20})","version":([0-9]{1,19}),'
)


class ExportError(ValueError):
    """A line is not a line of an export."""


@dataclass(frozen=True, slots=True)
class Header:
    """The log's name and verification keys, the checkpoint (a signed note), and the instant of the export (UTC)."""

    origin: str
    keys: tuple[str, ...]
    checkpoint: str
    exported_at: str
    partial: bool = False

    def members(self) -> dict[str, Any]:
        """The line's members, in their order."""
        members: dict[str, Any] = {
            "format": FORMAT,
            "origin": self.origin,
            "keys": list(self.keys),
            "checkpoint": self.checkpoint,
            "exported_at": self.exported_at,
        }
        return _with_digest(members | ({"partial": True} if self.partial else {}))


@dataclass(frozen=True, slots=True)
class Commitments:
    """Up to 256 entries of the log from leaf `first`, a multiple of 256: 32 bytes each."""

    first: int
    hashes: bytes

    def members(self) -> dict[str, Any]:
        """The line's members, in their order."""
        return {"commitments": self.first, "hashes": base64.b64encode(self.hashes).decode()}


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that an answer was computed from: its table, its version, and its content (JSON)."""

    table: str
    version: int
    content: str

    def members(self) -> dict[str, Any]:
        """The line's members, in their order."""
        return _with_digest({"row": self.table, "version": self.version, "content": self.content})


@dataclass(frozen=True, slots=True)
class Record:
    """A record's canonical text and salt, its leaf, and in a partial export its inclusion proof."""

    leaf: int
    salt: bytes
    text: str
    proof: tuple[bytes, ...] | None = None

    def members(self) -> dict[str, Any]:
        """The line's members, in their order."""
        proof = {} if self.proof is None else {"proof": [item.hex() for item in self.proof]}
        return {"leaf": self.leaf, "salt": self.salt.hex(), "record": self.text, **proof}


@dataclass(frozen=True, slots=True)
class Dropped:
    """A leaf whose record was dropped after its retention: what the log still knows of it."""

    leaf: int
    record_id: str
    recorded_at: str
    retention_class: str

    def members(self) -> dict[str, Any]:
        """The line's members, in their order."""
        dropped = {
            "record_id": self.record_id,
            "recorded_at": self.recorded_at,
            "class": self.retention_class,
        }
        return _with_digest({"leaf": self.leaf, "dropped": dropped})


@dataclass(frozen=True, slots=True)
class End:
    """The last line: the number of former lines, and the SHA-256 of their bytes."""

    lines: int
    sha256: str

    def members(self) -> dict[str, Any]:
        """The line's members, in their order."""
        return {"end": {"lines": self.lines, "sha256": self.sha256}}


Line = Header | Commitments | ReadRow | Record | Dropped | End


class Writer:
    """Writes an export's lines, and counts and digests them for the end."""

    def __init__(self) -> None:
        self._lines = 0
        self._digest = hashlib.sha256()

    def add(self, line: Line) -> bytes:
        """Return a line's bytes, with its newline."""
        data = encode(line)
        self._lines += 1
        self._digest.update(data)
        return data

    def end(self) -> bytes:
        """Return the bytes of the last line."""
        return encode(End(self._lines, self._digest.hexdigest()))


def encode(line: Line) -> bytes:
    """Return a line's bytes, with its newline."""
    return _json(line.members()) + b"\n"


def decode(data: bytes) -> Line:
    """Return the line of `data`, which must be exactly what `encode` makes of it. Raises ExportError."""
    try:
        members = json.loads(data) if len(data) <= MAX_LINE else None
        line = _line(members)
        if encode(line) != data:
            raise ExportError("not written as an export is")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ExportError("not a line of an export") from error
    return line


def place_of(data: bytes) -> tuple[str, int] | None:
    """Return what an unreadable line seems to be about: `leaf`, `commitments` or a table's name, and its number."""
    found = _PLACE.match(data[:200])
    if found is None:
        return None
    return (found[1] or found[3]).decode(), int(found[2] or found[4])


def _with_digest(members: dict[str, Any]) -> dict[str, Any]:
    """Add the digest of members that nothing else covers: it finds an accidental change, and proves nothing."""
    return members | {"sha256": hashlib.sha256(_json(members)).hexdigest()}


def _json(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def _line(members: Any) -> Line:
    match next(iter(members), None):
        case "format":
            return Header(
                _text(members, "origin"),
                tuple(_texts(members["keys"], _MAX_KEYS)),
                _text(members, "checkpoint"),
                _text(members, "exported_at"),
                members.get("partial", False) is True,
            )
        case "commitments":
            hashes = base64.b64decode(_text(members, "hashes"), validate=True)
            first, width = _number(members, "commitments"), len(hashes) // HASH_SIZE
            if len(hashes) % HASH_SIZE or not 1 <= width <= TILE_WIDTH or first % TILE_WIDTH:
                raise ExportError("not entries of the log")
            return Commitments(first, hashes)
        case "row":
            return ReadRow(_text(members, "row"), _number(members, "version"), _text(members, "content"))
        case "leaf":
            return _leaf(members)
        case "end":
            return End(_number(members["end"], "lines"), _text(members["end"], "sha256"))
    raise ExportError("no such line")


def _leaf(members: Mapping[str, Any]) -> Record | Dropped:
    leaf = _number(members, "leaf")
    if "dropped" in members:
        dropped = members["dropped"]
        return Dropped(leaf, *(_text(dropped, name) for name in ("record_id", "recorded_at", "class")))
    proof = members.get("proof")
    hashes = None if proof is None else tuple(bytes.fromhex(item) for item in _texts(proof, MAX_PROOF))
    salt = bytes.fromhex(_text(members, "salt"))
    if len(salt) != SALT_SIZE:
        raise ExportError("not a salt")
    return Record(leaf, salt, _text(members, "record"), hashes)


def _number(members: Mapping[str, Any], name: str) -> int:
    value = members[name]
    if type(value) is not int or not 0 <= value <= MAX_SIZE:
        raise ExportError(f"{name} is not a number")
    return value


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise ExportError(f"{name} is not a text")
    return value


def _texts(values: Any, limit: int) -> list[str]:
    if not isinstance(values, list) or len(values) > limit or not all(isinstance(one, str) for one in values):
        raise ExportError("not a list of texts")
    return values
