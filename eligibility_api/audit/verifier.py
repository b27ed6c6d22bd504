"""Verifies an exported audit record offline, importing only log formats, published interface and pure rules.

It proves that the export has exactly the records to which the log's checkpoint commits, in their order, and that each
answer follows from the rows that come with it. The rows themselves are the fund's assertion: the log does not commit to
them. What else it cannot prove is in `docs/audit.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from eligibility_api.audit.verification.checks import AnswerSink, PartialCheck, WholeCheck
from eligibility_api.audit.verification.findings import Finding, Problem, Report
from eligibility_api.audit.verification.instants import instant_of
from eligibility_api.audit.verification.log import LogCheck
from eligibility_api.merkle_log.checkpoints import open_checkpoint
from eligibility_api.merkle_log.exports import MAX_LINE, End, ExportError, Header, decode
from eligibility_api.merkle_log.hashing import leaf_hash
from eligibility_api.merkle_log.notes import NoteError, VerificationKey, parse_note
from eligibility_api.merkle_log.proofs import ProofError, verify_inclusion
from eligibility_api.merkle_log.tlog_proofs import FIRST_LINE, TlogProof


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier knows from elsewhere: the log's keys, witnesses' keys, and checkpoints kept from earlier."""

    keys: Sequence[VerificationKey]
    witnesses: Sequence[VerificationKey] = ()
    checkpoints: Sequence[bytes] = ()


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Return the lines of a file with their newlines; one that is too long in pieces, which are unreadable."""
    while line := file.readline(MAX_LINE + 1):
        yield line


def verify(lines: Iterable[bytes], trust: Trust, *, answers: AnswerSink | None = None) -> Report:
    """Verify an export; each recomputed answer is passed to `answers`. Everything wrong is in the report."""
    report = Report()
    source = iter(lines)
    first = next(source, b"")
    if first == FIRST_LINE.encode() + b"\n":
        _verify_proof(b"".join([first, *source]), trust, report)
        return report
    try:
        header = decode(first)
        if not isinstance(header, Header):
            raise ExportError("the first line is not a header")
        named = [VerificationKey.parse(key) for key in header.keys]
        instant_of(header.exported_at)
    except ValueError:
        report.add(Finding(Problem.UNREADABLE, "It does not begin as an export does.", 1))
        return report
    log = LogCheck(report, trust.keys, trust.witnesses)
    checkpoint = log.open(header, named)
    if checkpoint is None:
        return report
    check = (PartialCheck if header.partial else WholeCheck)(report, header, log, answers)
    digest, number, ended = hashlib.sha256(first), 1, False
    for number, data in enumerate(source, 2):
        if ended:
            report.add(Finding(Problem.INSERTED, "It goes on after its last line.", number))
            break
        try:
            line = decode(data)
        except ExportError:
            check.unreadable(number, data)
        else:
            if isinstance(line, End):
                ended = True
                check.end(number, line, digest.hexdigest())
            else:
                check.take(number, line)
        digest.update(data)
    check.finish(number, ended=ended)
    log.compare(trust.checkpoints)
    return report


def _verify_proof(data: bytes, trust: Trust, report: Report) -> None:
    """Verify a proof of one leaf (c2sp.org/tlog-proof) whose extra data are the log's entry."""
    try:
        proof = TlogProof.parse(data)
        origin = parse_note(proof.checkpoint).text.partition("\n")[0]
        checkpoint, _ = open_checkpoint(proof.checkpoint, origin, trust.keys)
    except ProofError:
        report.add(Finding(Problem.UNREADABLE, "It is not a proof of a transparency log."))
        return
    except NoteError as error:
        report.add(Finding(Problem.CHECKPOINT, f"The checkpoint is not valid: {error}."))
        return
    report.checkpoint = checkpoint
    try:
        hashed = leaf_hash(proof.extra or b"")
        verify_inclusion(proof.index, checkpoint.size, hashed, proof.hashes, checkpoint.root)
        report.records = 1
    except ProofError as error:
        report.add(Finding(Problem.ALTERED, f"{error}.", None, (proof.index, proof.index)))
