"""Compares an export's records with the log's commitments, and names what was done to those that do not fit."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eligibility_api.audit.verification.findings import Finding, Problem
from eligibility_api.domain.number_ranges import ranges
from eligibility_api.merkle_log.hashing import HASH_SIZE

_FOUND, _DROPPED = 1, 2


@dataclass(frozen=True, slots=True)
class Misfit:
    """A record whose commitment is not that of the leaf that it claims; `redated` says how its instant shows it."""

    line: int
    leaf: int
    commitment: bytes
    redated: str | None


class LeafCheck:
    """The records of an export in the order of its lines. Each leaf is expected once, in ascending order."""

    def __init__(self, commitments: bytearray) -> None:
        self._commitments = commitments
        self.size = len(commitments) // HASH_SIZE
        self._state = bytearray(self.size)
        self._order = array("q")
        self._lines = array("q")
        self._expected = 0
        self.misfits: list[Misfit] = []
        self._unreadable: list[tuple[int, int]] = []
        self._duplicates: list[Finding] = []

    def fits(self, leaf: int, commitment: bytes) -> bool:
        """Whether the log has this commitment at this leaf."""
        return leaf < self.size and self._commitment(leaf) == commitment

    def add(self, line: int, leaf: int, *, dropped: bool = False) -> None:
        """Take a record that fits, or a leaf whose record was dropped by rule."""
        self._expected = leaf + 1
        if leaf >= self.size:
            self._duplicates.append(self._beyond(line, leaf))
        elif self._state[leaf]:
            message = "The leaf stands a second time."
            self._duplicates.append(Finding(Problem.DUPLICATED, message, line, (leaf, leaf)))
        else:
            self._state[leaf] = _DROPPED if dropped else _FOUND
            self._order.append(leaf)
            self._lines.append(line)

    def misfit(self, misfit: Misfit) -> None:
        """Take a record that does not fit."""
        self._expected = misfit.leaf + 1
        self.misfits.append(misfit)

    def unreadable(self, line: int, leaf: int | None) -> None:
        """Take a line that cannot be read; `leaf` if it still shows which, else the expected one is meant."""
        place = self._expected if leaf is None else leaf
        self._unreadable.append((line, place))
        self._expected = place + 1

    def findings(self, *, ended: bool) -> Iterator[Finding]:
        """Name everything that does not fit; `ended` if the export has its last line."""
        elsewhere = self._places({misfit.commitment for misfit in self.misfits})
        covered = {elsewhere[misfit.commitment] for misfit in self.misfits if misfit.commitment in elsewhere}
        yield from self._duplicates
        yield from self._misplaced(elsewhere)
        for misfit in self.misfits:
            if misfit.commitment not in elsewhere:
                yield self._altered(misfit, covered)
        for line, leaf in self._unreadable:
            lost = leaf < self.size and not self._state[leaf] and leaf not in covered
            covered.add(leaf)
            message = "The line is not one of an export."
            yield Finding(Problem.UNREADABLE, message, line, (leaf, leaf) if lost else None)
        yield from self._reordered()
        missing = [leaf for leaf, state in enumerate(self._state) if not state and leaf not in covered]
        for first, last in ranges(missing):
            if not ended and last == self.size - 1:
                yield Finding(Problem.TRUNCATED, "The export ends before these.", None, (first, last))
            else:
                yield Finding(Problem.REMOVED, "The log has them; the export does not.", None, (first, last))

    def _altered(self, misfit: Misfit, covered: set[int]) -> Finding:
        """Name a record that the log has nowhere, and mark its leaf as explained."""
        place = (misfit.leaf, misfit.leaf)
        if misfit.leaf >= self.size:
            return self._beyond(misfit.line, misfit.leaf)
        if self._state[misfit.leaf] or misfit.leaf in covered:
            return Finding(Problem.INSERTED, "The log does not have this record.", misfit.line, place)
        covered.add(misfit.leaf)
        if misfit.redated is not None:
            return Finding(Problem.REDATED, misfit.redated, misfit.line, place)
        return Finding(Problem.ALTERED, "Record or salt are not what the log has.", misfit.line, place)

    def _misplaced(self, elsewhere: dict[bytes, int]) -> Iterator[Finding]:
        """Name records that the log has at another leaf; neighbours that moved together are one finding."""
        run: list[tuple[Misfit, int]] = []
        for misfit in self.misfits:
            origin = elsewhere.get(misfit.commitment)
            if origin is None:
                continue
            if self._state[origin]:
                message = f"The record of leaf {origin} a second time."
                yield Finding(Problem.DUPLICATED, message, misfit.line, (misfit.leaf, misfit.leaf))
                continue
            if run and (misfit.leaf, origin) != (run[-1][0].leaf + 1, run[-1][1] + 1):
                yield _moved(run)
                run = []
            run.append((misfit, origin))
        if run:
            yield _moved(run)

    def _reordered(self) -> Iterator[Finding]:
        """Name the fewest leaves without which all others ascend."""
        for position in _out_of_order(self._order):
            leaf = self._order[position]
            message = "The record stands at another place of the order."
            yield Finding(Problem.REORDERED, message, self._lines[position], (leaf, leaf))

    def _beyond(self, line: int, leaf: int) -> Finding:
        message = f"The log has {self.size} leaves."
        return Finding(Problem.INSERTED, message, line, (leaf, leaf))

    def _commitment(self, leaf: int) -> bytes:
        return bytes(self._commitments[leaf * HASH_SIZE : (leaf + 1) * HASH_SIZE])

    def _places(self, wanted: set[bytes]) -> dict[bytes, int]:
        """The leaves at which the log has some of the wanted commitments."""
        if not wanted:
            return {}
        found = ((self._commitment(leaf), leaf) for leaf in range(self.size))
        return {commitment: leaf for commitment, leaf in found if commitment in wanted}


def _moved(run: Sequence[tuple[Misfit, int]]) -> Finding:
    (first, origin), (last, end) = run[0], run[-1]
    message = (
        f"The record of leaf {origin} stands here."
        if origin == end
        else f"The records of leaves {origin} to {end} stand here."
    )
    return Finding(Problem.REORDERED, message, first.line, (first.leaf, last.leaf))


def _out_of_order(numbers: Sequence[int]) -> list[int]:
    """Return the positions outside of a longest ascending subsequence."""
    tails: list[int] = []
    positions: list[int] = []
    before: list[int] = []
    if all(numbers[place] < numbers[place + 1] for place in range(len(numbers) - 1)):
        return []
    for position, number in enumerate(numbers):
        place = bisect_left(tails, number)
        before.append(positions[place - 1] if place else -1)
        tails[place : place + 1] = [number]
        positions[place : place + 1] = [position]
    kept, position = set(), positions[-1]
    while position >= 0:
        kept.add(position)
        position = before[position]
    return [position for position in range(len(numbers)) if position not in kept]
