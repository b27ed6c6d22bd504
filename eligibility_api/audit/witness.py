"""A witness of transparency logs (c2sp.org/tlog-witness): cosigns a checkpoint only after a proof that the log grew.

What it cosigned last of each log is in one file, which never goes backwards. It is another party's program: it
imports nothing of the fund's server, and knows the fund by its keys only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eligibility_api.merkle_log.checkpoints import Checkpoint, open_checkpoint
from eligibility_api.merkle_log.hashing import EMPTY_ROOT, HASH_SIZE
from eligibility_api.merkle_log.notes import (
    NoteError,
    Signature,
    SigningKey,
    VerificationKey,
    parse_note,
)
from eligibility_api.merkle_log.proofs import ProofError, verify_consistency
from eligibility_api.merkle_log.witnessing import AddCheckpoint
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.private_files import exclusive, write_private


class WitnessRefused(Exception):
    """The witness does not cosign. `status` is the HTTP status of the protocol."""

    status = 400


class UnknownLog(WitnessRefused):
    """It does not follow this log."""

    status = 404


class NotSigned(WitnessRefused):
    """No key of the log that it trusts signed the checkpoint."""

    status = 403


class AnotherSize(WitnessRefused):
    """The old size is not the one that it cosigned last (`size`), or the same size has another root."""

    status = 409

    def __init__(self, size: int, reason: str) -> None:
        super().__init__(reason)
        self.size = size


class NotConsistent(WitnessRefused):
    """The proof does not show that the log only grew."""

    status = 422


class StateUnreadable(Exception):
    """The witness's state file is not one: nothing is cosigned until a person has looked at it."""


@dataclass(frozen=True, slots=True)
class LastCosigned:
    """The checkpoint that was cosigned last: size and root; size 0 before the first."""

    size: int = 0
    root: bytes = EMPTY_ROOT


class Witness:
    """Cosigns checkpoints of the logs whose keys it knows, by origin."""

    def __init__(
        self,
        key: SigningKey,
        logs: Mapping[str, Sequence[VerificationKey]],
        state: Path,
        clock: Clock,
    ) -> None:
        self.key = key
        self.logs = logs
        self.state = state
        self.clock = clock

    def last(self, origin: str) -> LastCosigned:
        """Return what was cosigned last of a log. Raises StateUnreadable."""
        return self._read().get(origin, LastCosigned())

    def add_checkpoint(self, request: AddCheckpoint) -> Signature:
        """Verify, remember, and cosign a checkpoint. Raises WitnessRefused and StateUnreadable."""
        checkpoint = self._opened(request.checkpoint)
        if request.old_size > checkpoint.size:
            raise WitnessRefused("The old size is larger than the checkpoint's.")
        # Comparing and remembering are one step: of two requests at once the second sees the first one's size.
        with exclusive(self.state.parent):
            last = self._read()
            self._check(last.get(checkpoint.origin, LastCosigned()), request, checkpoint)
            self._write(last | {checkpoint.origin: LastCosigned(checkpoint.size, checkpoint.root)})
        return self.key.sign(checkpoint.text, int(self.clock().timestamp()))

    def _opened(self, data: bytes) -> Checkpoint:
        try:
            origin = parse_note(data).text.partition("\n")[0]
        except NoteError as error:
            raise WitnessRefused(f"The checkpoint is malformed: {error}.") from None
        if origin not in self.logs:
            raise UnknownLog("This witness does not follow the log.")
        try:
            checkpoint, _ = open_checkpoint(data, origin, self.logs[origin])
        except NoteError as error:
            raise NotSigned(f"The checkpoint is not accepted: {error}.") from None
        return checkpoint

    @staticmethod
    def _check(last: LastCosigned, request: AddCheckpoint, checkpoint: Checkpoint) -> None:
        if request.old_size != last.size:
            raise AnotherSize(last.size, f"The last checkpoint that was cosigned has {last.size} leaves.")
        if checkpoint.size == last.size and checkpoint.root != last.root:
            raise AnotherSize(last.size, f"With {last.size} leaves the log had another root.")
        try:
            verify_consistency(last.size, checkpoint.size, request.proof, last.root, checkpoint.root)
        except ProofError as error:
            raise NotConsistent(f"The log is not shown to have only grown: {error}.") from None
        if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
            raise NotConsistent("A log without leaves has another root.")

    def _read(self) -> dict[str, LastCosigned]:
        try:
            data = self.state.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            return {origin: _last_cosigned(entry) for origin, entry in json.loads(data).items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise StateUnreadable(f"{self.state} is not the state of a witness.") from error

    def _write(self, last: Mapping[str, LastCosigned]) -> None:
        entries = {origin: {"size": one.size, "root": one.root.hex()} for origin, one in sorted(last.items())}
        write_private(self.state, json.dumps(entries, indent=1, ensure_ascii=False).encode())


def _last_cosigned(entry: Any) -> LastCosigned:
    size, root = entry["size"], bytes.fromhex(entry["root"])
    if type(size) is not int or size < 0 or len(root) != HASH_SIZE:
        raise ValueError("not a checkpoint")
    return LastCosigned(size, root)
