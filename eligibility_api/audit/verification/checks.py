"""The lines of an export in turn: records of a partial one by their proofs, those of a whole one by the log's entries."""

from __future__ import annotations

import json
from collections.abc import Callable

from eligibility_api.audit.verification.findings import Finding, Problem, Report
from eligibility_api.audit.verification.instants import not_droppable, redating, too_old
from eligibility_api.audit.verification.leaves import LeafCheck, Misfit
from eligibility_api.audit.verification.log import LogCheck
from eligibility_api.audit.verification.rows import ENROLMENT, NotRecomputed, PurgedRow, RowMissing, Rows
from eligibility_api.domain.recorded_answers import GivenAnswer, is_answer
from eligibility_api.merkle_log.commitments import commitment
from eligibility_api.merkle_log.exports import (
    Commitments,
    Dropped,
    End,
    Header,
    Line,
    ReadRow,
    Record,
    place_of,
)
from eligibility_api.merkle_log.hashing import leaf_hash
from eligibility_api.merkle_log.proofs import ProofError, verify_inclusion

PURGE = "enrolment.purged"
"""The kind of the records that name purged versions (rule T9)."""

AnswerSink = Callable[[GivenAnswer], None]
"""Receives each recomputed answer."""


class ExportCheck:
    """What whole and partial exports have in common."""

    def __init__(self, report: Report, header: Header, log: LogCheck, answers: AnswerSink | None) -> None:
        self.report = report
        self.header = header
        self.log = log
        self.answers = answers
        self._digest_differs = False
        self._end_line = 0

    def end(self, number: int, line: End, sha256: str) -> None:
        """Compare the last line with the lines before it; a difference counts if nothing else explains it."""
        self._digest_differs = (line.lines, line.sha256) != (number - 1, sha256)
        self._end_line = number

    def take(self, number: int, line: Line) -> None:
        """Take a line that can be read."""
        raise NotImplementedError

    def unreadable(self, number: int, data: bytes) -> None:
        """Take a line that cannot be read."""
        raise NotImplementedError

    def finish(self, number: int, *, ended: bool) -> None:
        """Report what only the end shows."""
        if not ended:
            message = "The export has no last line."
            self.report.add(Finding(Problem.TRUNCATED, message, number))
        elif self._digest_differs and not self.report.findings:
            message = "The last line does not count and digest the lines before it."
            self.report.add(Finding(Problem.ALTERED, message, self._end_line))

    def out_of_place(self, number: int) -> None:
        """Report a line that cannot stand where it does."""
        self.report.add(Finding(Problem.INSERTED, "A line that does not belong here.", number))


class PartialCheck(ExportCheck):
    """Records with their own inclusion proofs: whether others are missing cannot be seen."""

    _last = -1

    def take(self, number: int, line: Line) -> None:
        """Verify a record by its proof, and that leaves ascend."""
        if not isinstance(line, Record) or line.proof is None:
            self.out_of_place(number)
            return
        assert self.report.checkpoint is not None
        place, checkpoint = (line.leaf, line.leaf), self.report.checkpoint
        hashed = leaf_hash(commitment(line.salt, line.text.encode()))
        try:
            verify_inclusion(line.leaf, checkpoint.size, hashed, line.proof, checkpoint.root)
        except ProofError as error:
            redated = redating(line.text)
            problem = Problem.ALTERED if redated is None else Problem.REDATED
            message = redated or f"Record, salt or proof are not what the log has: {error}."
            self.report.add(Finding(problem, message, number, place))
        if line.leaf <= self._last:
            problem = Problem.DUPLICATED if line.leaf == self._last else Problem.REORDERED
            self.report.add(Finding(problem, "Leaves do not ascend here.", number, place))
        self._last = line.leaf
        self.report.records += 1

    def unreadable(self, number: int, data: bytes) -> None:
        """Report the line, with the leaf that it still shows."""
        found = place_of(data)
        place = (found[1], found[1]) if found is not None and found[0] == "leaf" else None
        self.report.add(Finding(Problem.UNREADABLE, "The line is not one of an export.", number, place))


class WholeCheck(ExportCheck):
    """Every leaf of the log: its commitment, and its record with the rows read, or that it was dropped by rule."""

    def __init__(self, report: Report, header: Header, log: LogCheck, answers: AnswerSink | None) -> None:
        super().__init__(report, header, log, answers)
        self.rows = Rows()
        self._leaves: LeafCheck | None = None
        self._altered_rows: set[tuple[str, int]] = set()
        self._last_text = ""

    @property
    def leaves(self) -> LeafCheck:
        """The check of records, which begins when the log's commitments are complete."""
        if self._leaves is None:
            self._leaves = LeafCheck(self.log.finish())
        return self._leaves

    def take(self, number: int, line: Line) -> None:
        """Take entries of the log, then rows and records."""
        if isinstance(line, Commitments) and self._leaves is None:
            self.log.take(number, line)
        elif isinstance(line, ReadRow) and (line.content is not None or line.table == ENROLMENT):
            self._take_row(number, line)
        elif isinstance(line, Record) and line.proof is None:
            self._take_record(number, line)
        elif isinstance(line, Dropped):
            self._take_dropped(number, line)
        else:
            self.out_of_place(number)

    def unreadable(self, number: int, data: bytes) -> None:
        """Take the line as what it seems to be: entries, a row, or else the record that is expected."""
        found = place_of(data)
        if found is not None and found[0] == "commitments" and self._leaves is None:
            self.log.unreadable(number, found[1])
        elif found is not None and found[0] not in ("commitments", "leaf"):
            self._altered_rows.add(found)
            message = f"The row {found[0]} {found[1]} cannot be read."
            self.report.add(Finding(Problem.ROW_ALTERED, message, number))
        elif found is None and self._leaves is None and not self.log.complete:
            self.log.unreadable(number, None)
        else:
            self.leaves.unreadable(number, found[1] if found is not None else None)

    def finish(self, number: int, *, ended: bool) -> None:
        """Report what does not fit the log, and rows that no record names."""
        leaves = self.leaves
        findings = list(leaves.findings(ended=ended))
        if not self.log.authentic:
            findings = self.log.explain(leaves, findings)
        self.report.add(*findings)
        self.report.rows = len(self.rows)
        if not self.report.findings:
            for table, version in self.rows.unnamed():
                message = f"No record names the row {table} {version}."
                self.report.add(Finding(Problem.ROW_INSERTED, message))
            for version in self.rows.not_purged():
                message = f"The row {ENROLMENT} {version} is absent, and no record of a purge before the checkpoint names it."
                self.report.add(Finding(Problem.ROW_MISSING, message))
        super().finish(number, ended=ended)

    def _take_row(self, number: int, line: ReadRow) -> None:
        if not self.rows.add(line):
            message = f"The row {line.table} {line.version} stands a second time."
            self.report.add(Finding(Problem.ROW_INSERTED, message, number))

    def _take_record(self, number: int, line: Record) -> None:
        hashed = commitment(line.salt, line.text.encode())
        if not self.leaves.fits(line.leaf, hashed):
            self.leaves.misfit(Misfit(number, line.leaf, hashed, redating(line.text)))
            return
        self.leaves.add(number, line.leaf)
        self.report.records += 1
        self._last_text = line.text
        try:
            columns = json.loads(line.text)
            if is_answer(columns["kind"], columns["outcome"]):
                answer = self.rows.answer(columns)
                self.report.answers += 1
                if self.answers is not None:
                    self.answers(answer)
            elif columns["kind"] == PURGE:
                self.rows.purge(columns["detail"]["purged"])
        except PurgedRow:
            self.report.purged += 1
        except RowMissing as missing:
            self._row_missing(number, line.leaf, missing)
        except NotRecomputed as error:
            self.report.add(Finding(Problem.NOT_RECOMPUTED, str(error), number, (line.leaf, line.leaf)))
        except (ValueError, KeyError, TypeError, RecursionError):
            message = "The record's text is not a record."
            self.report.add(Finding(Problem.NOT_RECOMPUTED, message, number, (line.leaf, line.leaf)))

    def _row_missing(self, number: int, leaf: int, missing: RowMissing) -> None:
        if (missing.table, missing.version) not in self._altered_rows:
            message = f"The row {missing}, which was read for the answer, is not in the export."
            self.report.add(Finding(Problem.ROW_MISSING, message, number, (leaf, leaf)))

    def _take_dropped(self, number: int, line: Dropped) -> None:
        reason = not_droppable(line, self.header.exported_at) or too_old(line, self._last_text)
        self.leaves.add(number, line.leaf, dropped=True)
        if reason is None:
            self.report.dropped += 1
        else:
            self.report.add(Finding(Problem.REMOVED, reason, number, (line.leaf, line.leaf)))
