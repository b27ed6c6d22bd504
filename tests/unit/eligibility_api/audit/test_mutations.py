"""Every flipped byte of an export is found, and named by what it hit."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Sequence

import pytest

from eligibility_api.audit.verification.findings import Problem
from eligibility_api.audit.verifier import Trust, read_lines, verify
from tests.builders.audit_exports import LOG, WITNESS, Log, ended, log_of
from tests.depth import DEEP
from tests.unit.eligibility_api.domain.members import insured

VERSIONS = [insured(number, person_key=bytes([number - 1] * 16)) for number in range(1, 8)]
TRUST = Trust([LOG.verification_key], [WITNESS.verification_key])

STRIDE = 1 if DEEP else 149
"""A flip of each byte of an export takes minutes: `make test` takes every 149th."""

PARTS = 8

RECORD = {
    Problem.ALTERED,
    Problem.REDATED,
    Problem.UNREADABLE,
    Problem.REORDERED,
    Problem.INSERTED,
    Problem.DUPLICATED,
}
NAMES = {
    b'{"format"': {Problem.UNREADABLE, Problem.CHECKPOINT},
    b'{"commitments"': {Problem.LOG, Problem.UNREADABLE},
    b'{"row"': {Problem.ROW_ALTERED, Problem.UNREADABLE},
    b'{"leaf"': RECORD,
    b'{"end"': {Problem.ALTERED, Problem.UNREADABLE},
}
"""What a flipped byte of each kind of line may be called."""

CONSEQUENCES = {
    b'{"format"': set(),
    b'{"commitments"': {Problem.LOG},
    b'{"row"': {Problem.ROW_MISSING, Problem.REMOVED},
    b'{"leaf"': {Problem.REMOVED, Problem.ROW_MISSING, Problem.TRUNCATED},
    b'{"end"': {Problem.TRUNCATED},
}
"""What may be found besides: a line that took the next one with it, an entry that is now missing."""


def kind_of(line: bytes) -> bytes:
    [kind] = [kind for kind in NAMES if line.startswith(kind)]
    return kind


def check_flips(lines: Sequence[bytes], positions: Iterable[int], bit: int) -> int:
    """Flip one byte at each position, and compare what is found with the line that it hit. Return the flips."""
    data, starts, flips = b"".join(lines), [0], 0
    for line in lines:
        starts.append(starts[-1] + len(line))
    for position in positions:
        number = next(place for place, end in enumerate(starts[1:]) if position < end)
        flipped = bytearray(data)
        flipped[position] ^= 1 << (position + bit) % 8
        report = verify(list(read_lines(io.BytesIO(flipped))), TRUST)
        kind = kind_of(lines[number])
        named = {finding.problem for finding in report.findings if finding.line == number + 1}
        if kind == b'{"commitments"':
            named = report.found()
        assert not report.holds, position
        assert named & NAMES[kind], (position, kind, [str(finding) for finding in report.findings])
        assert report.found() <= NAMES[kind] | CONSEQUENCES[kind], (position, kind, report.findings)
        flips += 1
    return flips


def exported(log: Log) -> list[bytes]:
    lines = log.lines(LOG, WITNESS)
    assert verify(lines, TRUST).holds
    return lines


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_flipped_byte_of_40_records_is_found_and_named(part: int) -> None:
    lines = exported(log_of(40, VERSIONS))
    size = sum(map(len, lines))
    assert check_flips(lines, range(part * STRIDE, size, PARTS * STRIDE), bit=part) > 20


@pytest.mark.skipif(not DEEP, reason="minutes; `make deep`")
@pytest.mark.parametrize("part", range(PARTS))
def test_2000_random_flips_of_1000_records_are_found_and_named(part: int) -> None:
    lines = exported(log_of(1000, VERSIONS))
    positions = random.Random(part).sample(range(sum(map(len, lines))), 2000 // PARTS)
    assert check_flips(lines, positions, bit=part) == 250


def test_each_record_removed_swapped_duplicated_or_cut_off_is_named() -> None:
    lines = exported(log_of(40, VERSIONS))
    places = [place for place, line in enumerate(lines) if line.startswith(b'{"leaf"')]
    assert len(places) == 40
    for leaf, place in list(enumerate(places))[:: 1 if DEEP else 3]:
        removed = ended(lines[:place] + lines[place + 1 :])
        assert named(removed) == {(Problem.REMOVED, (leaf, leaf))}
        twice = ended([*lines[: place + 1], *lines[place:]])
        assert named(twice) == {(Problem.DUPLICATED, (leaf, leaf))}
        cut = named(lines[:place])
        assert (Problem.TRUNCATED, (leaf, 39)) in cut
        assert {problem for problem, _ in cut} == {Problem.TRUNCATED}
        if leaf:
            former = places[leaf - 1]
            swapped = [
                *lines[:former],
                lines[place],
                *lines[former + 1 : place],
                lines[former],
                *lines[place + 1 :],
            ]
            [reordered] = [one for one in named(ended(swapped)) if one[0] is not Problem.ROW_MISSING]
            assert reordered in [(Problem.REORDERED, (one, one)) for one in (leaf - 1, leaf)]


def named(lines: list[bytes]) -> set[tuple[Problem, tuple[int, int] | None]]:
    """The problems that an export has, with their leaves; rows that a removed record alone names are not among them."""
    found = {(finding.problem, finding.leaves) for finding in verify(lines, TRUST).findings}
    return found - {(Problem.ROW_INSERTED, None)}
