"""Offline-verifiable inclusion proofs as text (c2sp.org/tlog-proof@v1)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from eligibility_api.merkle_log.hashing import HASH_SIZE
from eligibility_api.merkle_log.notes import MAX_NOTE
from eligibility_api.merkle_log.proofs import MAX_PROOF, ProofError
from eligibility_api.merkle_log.tiles import MAX_SIZE

FIRST_LINE = "c2sp.org/tlog-proof@v1"
"""The first line of every such text."""

MAX_TLOG_PROOF = MAX_NOTE + 16 * 1024
"""Maximum bytes of a text that is parsed."""

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A leaf's index and inclusion proof, the checkpoint (a signed note), and extra data, which prove nothing."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Return the text."""
        extra = [] if self.extra is None else [f"extra {base64.b64encode(self.extra).decode()}"]
        hashes = [base64.b64encode(item).decode() for item in self.hashes]
        lines = [FIRST_LINE, *extra, f"index {self.index}", *hashes, "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        """Return the proof of a text, without verifying it. Raises ProofError."""
        head, separator, checkpoint = data.partition(b"\n\n")
        try:
            lines = head.decode().split("\n") if separator and len(data) <= MAX_TLOG_PROOF else [""]
        except UnicodeDecodeError:
            lines = [""]
        extra = lines.pop(1)[len("extra ") :] if lines[1:2] and lines[1].startswith("extra ") else None
        found = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
        if lines[0] != FIRST_LINE or found is None or int(found[1]) > MAX_SIZE or len(lines) - 2 > MAX_PROOF:
            raise ProofError("not a proof of a transparency log")
        hashes = tuple(map(decode_base64, lines[2:]))
        if any(len(item) != HASH_SIZE for item in hashes):
            raise ProofError("the proof has a hash of another size")
        return cls(int(found[1]), hashes, checkpoint, None if extra is None else decode_base64(extra))


def decode_base64(text: str) -> bytes:
    """Return the bytes of canonical base64. Raises ProofError."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofError("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise ProofError("not base64")
    return data
