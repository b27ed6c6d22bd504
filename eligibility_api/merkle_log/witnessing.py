"""The request of a log to a witness (c2sp.org/tlog-witness, `add-checkpoint`): old size, consistency proof, checkpoint."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from eligibility_api.merkle_log.hashing import HASH_SIZE
from eligibility_api.merkle_log.notes import MAX_NOTE
from eligibility_api.merkle_log.proofs import MAX_PROOF, ProofError
from eligibility_api.merkle_log.tiles import MAX_SIZE
from eligibility_api.merkle_log.tlog_proofs import decode_base64

ADD_CHECKPOINT = "/add-checkpoint"
"""The path below a witness's submission prefix."""

SIZE_MEDIA_TYPE = "text/x.tlog.size"
"""The media type of the answer 409: the size that the witness cosigned last."""

MAX_REQUEST = MAX_NOTE + 8 * 1024
"""Maximum bytes of a request that is parsed."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The size that the witness cosigned last, the consistency proof from it, and the new checkpoint (a signed note)."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """Return the request's body."""
        hashes = [base64.b64encode(item).decode() for item in self.proof]
        return "\n".join([f"old {self.old_size}", *hashes, "", ""]).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> AddCheckpoint:
        """Return the request of a body. Raises ProofError."""
        head, separator, checkpoint = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n") if separator and len(data) <= MAX_REQUEST else [""]
        except UnicodeDecodeError:
            lines = [""]
        found = _OLD.fullmatch(lines[0])
        if found is None or int(found[1]) > MAX_SIZE or len(lines) - 1 > MAX_PROOF:
            raise ProofError("not a request to a witness")
        proof = tuple(map(decode_base64, lines[1:]))
        if any(len(item) != HASH_SIZE for item in proof):
            raise ProofError("the proof has a hash of another size")
        return cls(int(found[1]), proof, checkpoint)
