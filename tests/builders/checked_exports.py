"""An export of a log of 40 records, changes of its lines, and what the offline verifier finds in them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from eligibility_api.audit.verification.findings import Problem, Report
from eligibility_api.audit.verifier import Trust, verify
from eligibility_api.merkle_log.exports import Record, decode, encode
from tests.builders.audit_exports import LOG, ended, log_of
from tests.unit.eligibility_api.domain.members import insured

VERSIONS = [insured(number, person_key=bytes([number - 1] * 16)) for number in range(1, 8)]
COUNT = 40
WHOLE = log_of(COUNT, VERSIONS)
LINES = WHOLE.lines()
TRUST = Trust([LOG.verification_key])

Place = tuple[Problem, tuple[int, int] | None]


def line_of(leaf: int, lines: list[bytes] = LINES) -> int:
    """The position of a leaf's line."""
    [position] = [place for place, line in enumerate(lines) if line.startswith(b'{"leaf":%d,' % leaf)]
    return position


def checked(lines: list[bytes], trust: Trust = TRUST) -> Report:
    return verify(lines, trust)


def places(report: Report) -> list[Place]:
    return [(finding.problem, finding.leaves) for finding in report.findings]


def altered(leaf: int, **changes: Any) -> list[bytes]:
    """The lines with another text at a leaf, and an end that fits."""
    lines, position = list(LINES), line_of(leaf)
    record = decode(lines[position])
    assert isinstance(record, Record)
    columns = json.loads(record.text) | changes
    text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    lines[position] = encode(replace(record, text=text))
    return ended(lines)


def renumbered(line: bytes, leaf: int) -> bytes:
    record = decode(line)
    assert isinstance(record, Record)
    return encode(replace(record, leaf=leaf))
