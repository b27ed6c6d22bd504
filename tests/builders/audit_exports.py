"""Exports of synthetic audit records, as the fund writes them, with the keys that sign them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eligibility_api.audit.verification.instants import canonical
from eligibility_api.audit.verification.rows import rows_of
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.merkle_log.checkpoints import Checkpoint
from eligibility_api.merkle_log.commitments import commitment
from eligibility_api.merkle_log.exports import Commitments, Dropped, Header, Record, Writer
from eligibility_api.merkle_log.hashing import leaf_hash
from eligibility_api.merkle_log.notes import Algorithm, Note, SigningKey
from eligibility_api.merkle_log.proofs import Tree

ORIGIN = "fund.example/audit"
LOG = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"log").digest()))
WITNESS = SigningKey(
    "witness.example/w1",
    Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"witness").digest()),
    Algorithm.COSIGNATURE,
)
BEGIN = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
EXPORTED_AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
WITNESSED = 1_800_000_000
CLINIC = "1311111114"


def record_id(number: int, instant: datetime) -> str:
    """An id of version 7, made at the instant."""
    random = int.from_bytes(hashlib.sha256(f"id {number}".encode()).digest()[:10])
    value = int(instant.timestamp() * 1000) << 80 | random
    return str(UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62))


def record_text(number: int, **changes: Any) -> str:
    """The canonical text of record `number`: a check by card or by number, or, every fifth, another access."""
    instant = BEGIN + timedelta(seconds=number)
    columns: dict[str, Any] = {
        "record_id": record_id(number, instant),
        "recorded_at": canonical(instant),
        "kind": "eligibility.number" if number % 2 else "eligibility.card",
        "outcome": "answered",
        "client_id": str(UUID(int=number % 3 + 1)),
        "institution_code": CLINIC,
        "facility_kind": "clinic",
        "person_key": bytes([number % 7] * 16).hex(),
        "as_of": "2026-04-01",
        "enrolments": [number % 7 + 1],
        "rule_version": 3,
        "matched_entitlements": [number % 7 + 1] if number % 2 else None,
    }
    if number % 5 == 4:
        columns |= {"kind": "history.medications", "outcome": "done", "enrolments": None, "as_of": None}
        columns |= {"rule_version": None, "matched_entitlements": None, "detail": {"reason": "見本の理由"}}
    present = {name: value for name, value in (columns | changes).items() if value is not None}
    return json.dumps(present, ensure_ascii=False, separators=(",", ":"))


@dataclass
class Log:
    """A log of records with their salts and the rows that their answers were computed from."""

    texts: list[str]
    versions: Sequence[EnrolmentVersion]
    dropped: dict[int, Dropped] = field(default_factory=dict)

    def __post_init__(self) -> None:
        salts = (hashlib.sha256(f"salt {place}".encode()).digest() for place in range(len(self.texts)))
        self.records = [
            Record(place, salt, text)
            for place, (salt, text) in enumerate(zip(salts, self.texts, strict=True))
        ]
        self.commitments = [commitment(record.salt, record.text.encode()) for record in self.records]
        self.tree = Tree(map(leaf_hash, self.commitments))

    def note(self, *keys: SigningKey, size: int | None = None, root: bytes | None = None) -> bytes:
        """The checkpoint of the first `size` leaves, signed by the log, or by `keys`."""
        size = self.tree.size if size is None else size
        text = Checkpoint(ORIGIN, size, self.tree.root(size) if root is None else root).text
        signatures = [
            key.sign(text, WITNESSED if key.algorithm is Algorithm.COSIGNATURE else None)
            for key in keys or (LOG,)
        ]
        return Note(text, signatures).encode()

    def header(self, *keys: SigningKey, partial: bool = False) -> Header:
        """The header of an export, signed by `keys`."""
        signers = keys or (LOG,)
        named = tuple(str(key.verification_key) for key in signers)
        return Header(ORIGIN, named, self.note(*signers).decode(), canonical(EXPORTED_AT), partial)

    def lines(self, *keys: SigningKey) -> list[bytes]:
        """The lines of a whole export."""
        writer = Writer()
        lines = [writer.add(self.header(*keys))]
        for first in range(0, len(self.commitments), 256):
            lines.append(writer.add(Commitments(first, b"".join(self.commitments[first : first + 256]))))
        written: set[int] = set()
        for record in self.records:
            if record.leaf in self.dropped:
                lines.append(writer.add(self.dropped[record.leaf]))
                continue
            for version in self._named_by(record, written):
                lines += [writer.add(row) for row in rows_of(version)]
            lines.append(writer.add(record))
        return [*lines, writer.end()]

    def partial(self, leaves: Iterable[int]) -> list[bytes]:
        """The lines of an export of some records with their proofs."""
        writer = Writer()
        lines = [writer.add(self.header(partial=True))]
        for leaf in leaves:
            record = self.records[leaf]
            proof = tuple(self.tree.inclusion_proof(leaf))
            lines.append(writer.add(Record(leaf, record.salt, record.text, proof)))
        return [*lines, writer.end()]

    def _named_by(self, record: Record, written: set[int]) -> list[EnrolmentVersion]:
        try:
            named = set(json.loads(record.text)["enrolments"]) - written
        except (ValueError, KeyError, TypeError, RecursionError):
            return []
        written |= named
        return [version for version in self.versions if version.version in named]


def ended(lines: Sequence[bytes]) -> list[bytes]:
    """Altered lines with an end that counts and digests them: what a forger would hand over."""
    digest = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    end = {"end": {"lines": len(lines) - 1, "sha256": digest}}
    return [*lines[:-1], json.dumps(end, separators=(",", ":")).encode() + b"\n"]


def log_of(count: int, versions: Sequence[EnrolmentVersion]) -> Log:
    """A log of `count` records."""
    return Log([record_text(number) for number in range(count)], versions)
