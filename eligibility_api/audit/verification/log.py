"""The log in an export: its signed checkpoint, and the list of its entries, which must lead to the signed root."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eligibility_api.audit.verification.findings import Finding, Problem, Report
from eligibility_api.audit.verification.leaves import LeafCheck
from eligibility_api.domain.number_ranges import ranges
from eligibility_api.merkle_log.checkpoints import Checkpoint, open_checkpoint
from eligibility_api.merkle_log.exports import Commitments, Header
from eligibility_api.merkle_log.hashing import HASH_SIZE, CompactRange, leaf_hash
from eligibility_api.merkle_log.notes import Algorithm, NoteError, OpenedNote, VerificationKey, open_note
from eligibility_api.merkle_log.tiles import TILE_WIDTH

MAX_GAP = 1 << 20
"""Maximum leaves that are filled with zeros where entries are missing: the size is the checkpoint's, not the file's."""


class LogCheck:
    """Verifies the checkpoint by trusted keys, and the entries by the checkpoint."""

    def __init__(
        self, report: Report, keys: Sequence[VerificationKey], witnesses: Sequence[VerificationKey]
    ) -> None:
        self.report = report
        self.keys = keys
        self.witnesses = witnesses
        self.authentic = False
        self._entries = bytearray()
        self._holes = False
        self._expected = 0

    @property
    def size(self) -> int:
        """The number of leaves, by the checkpoint."""
        return self.report.checkpoint.size if self.report.checkpoint else 0

    @property
    def complete(self) -> bool:
        """Whether no more entries are expected."""
        return self._expected >= self.size

    def open(self, header: Header, named: Sequence[VerificationKey]) -> Checkpoint | None:
        """Verify the header's checkpoint; None if nothing can be compared with it."""
        data = header.checkpoint.encode()
        try:
            checkpoint, _ = open_checkpoint(data, header.origin, self.keys)
            note = open_note(data, [*self.keys, *self.witnesses, *named])
        except NoteError as error:
            self.report.add(Finding(Problem.CHECKPOINT, f"The checkpoint is not valid: {error}.", 1))
            return None
        self.report.checkpoint = checkpoint
        for signature in note.unverified:
            message = (
                f"The checkpoint has a signature of {signature.name}, whose key the export does not name."
            )
            self.report.add(Finding(Problem.CHECKPOINT, message, 1))
        self._cosignatures(note)
        return checkpoint

    def _cosignatures(self, note: OpenedNote) -> None:
        """Report the trusted witnesses that cosigned; a key that only the export names can be anybody's."""
        signers = {(one.name, one.key_id) for one in note.verified}
        cosigners = {
            (key.name, key.key_id) for key in self.witnesses if key.algorithm is Algorithm.COSIGNATURE
        }
        self.report.cosigned = [name for name, _ in sorted(signers & cosigners)]
        for witness in self.witnesses:
            if (witness.name, witness.key_id) not in signers:
                message = f"The witness {witness.name} did not cosign the checkpoint."
                self.report.add(Finding(Problem.NOT_COSIGNED, message, 1))

    def take(self, number: int, line: Commitments) -> None:
        """Take entries; those that were lost before them leave a hole."""
        place, width = len(self._entries) // HASH_SIZE, len(line.hashes) // HASH_SIZE
        belongs = place <= line.first < min(self.size, place + MAX_GAP)
        if not belongs or width != min(TILE_WIDTH, self.size - line.first):
            message = "Entries of the log that do not belong here."
            self.report.add(Finding(Problem.LOG, message, number))
            return
        self._fill(line.first)
        self._entries += line.hashes
        self._expected = line.first + width

    def unreadable(self, number: int, first: int | None) -> None:
        """Take a line of entries that cannot be read."""
        begin = self._expected if first is None else first
        end = min(begin + TILE_WIDTH, self.size) - 1
        self.report.add(
            Finding(Problem.LOG, "The entries of the log cannot be read.", number, (begin, max(begin, end)))
        )
        self._expected = begin + TILE_WIDTH

    def finish(self) -> bytearray:
        """Return all entries, and decide whether they are the log's."""
        place = len(self._entries) // HASH_SIZE
        if self.size - place > MAX_GAP:
            message = "The log has these; the export does not have their entries."
            self.report.add(Finding(Problem.TRUNCATED, message, None, (place, self.size - 1)))
            self._holes = True
        else:
            self._fill(self.size)
        self._expected = self.size
        self.authentic = not self._holes and self._leads_to_root(self._entries)
        return self._entries

    def explain(self, leaves: LeafCheck, findings: Sequence[Finding]) -> list[Finding]:
        """Name what is wrong where the entries are not the log's: with the records' own, they may be again."""
        repaired = bytearray(self._entries)
        places = sorted({misfit.leaf for misfit in leaves.misfits if misfit.leaf < self.size})
        for misfit in leaves.misfits:
            if misfit.leaf < self.size:
                repaired[misfit.leaf * HASH_SIZE : (misfit.leaf + 1) * HASH_SIZE] = misfit.commitment
        whole = len(repaired) == self.size * HASH_SIZE
        if not places or not whole or not self._leads_to_root(repaired):
            message = "The entries of the log do not lead to the checkpoint's root: not all records can be compared."
            return [Finding(Problem.LOG, message), *findings]
        self._entries[:], self.authentic = repaired, True
        message = "Here the list of the log's entries is altered; the records are the log's."
        altered = [Finding(Problem.LOG, message, None, place) for place in ranges(places)]
        return altered + [one for one in findings if one.problem not in (Problem.ALTERED, Problem.REDATED)]

    def compare(self, checkpoints: Sequence[bytes]) -> None:
        """Compare with checkpoints kept from earlier: the log may only have grown."""
        for data in checkpoints:
            assert self.report.checkpoint is not None
            try:
                earlier, _ = open_checkpoint(data, self.report.checkpoint.origin, self.keys)
            except NoteError as error:
                message = f"An earlier checkpoint is not valid: {error}."
                self.report.add(Finding(Problem.CHECKPOINT, message))
            else:
                self.report.add(*self._compared(earlier))

    def _compared(self, earlier: Checkpoint) -> Iterator[Finding]:
        checkpoint = self.report.checkpoint
        assert checkpoint is not None
        if earlier.size > self.size:
            message = "An earlier checkpoint has these leaves; the export ends before them."
            yield Finding(Problem.TRUNCATED, message, None, (self.size, earlier.size - 1))
        elif earlier.size == self.size:
            if earlier.root != checkpoint.root:
                yield Finding(Problem.REWRITTEN, f"With {earlier.size} leaves the log had another root.")
        elif not self.authentic:
            message = f"The earlier checkpoint of {earlier.size} leaves cannot be compared with this export."
            yield Finding(Problem.REWRITTEN, message)
        elif self._root(self._entries, earlier.size) != earlier.root:
            yield Finding(
                Problem.REWRITTEN, f"With its first {earlier.size} leaves the log had another root."
            )

    def _fill(self, place: int) -> None:
        missing = place * HASH_SIZE - len(self._entries)
        self._holes |= missing > 0
        self._entries += bytes(missing)

    def _leads_to_root(self, entries: bytearray) -> bool:
        return self.report.checkpoint is not None and (
            self._root(entries, self.size) == self.report.checkpoint.root
        )

    @staticmethod
    def _root(entries: bytearray, size: int) -> bytes:
        tree = CompactRange()
        for place in range(0, size * HASH_SIZE, HASH_SIZE):
            tree.append(leaf_hash(bytes(entries[place : place + HASH_SIZE])))
        return tree.root()
