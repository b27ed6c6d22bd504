"""How an upload is shown: its state as shape and word, its faults by column, fill rates as pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.member_rules import CHECKS, MEMBER_RULES
from eligibility_api.contract.uploads import (
    Finding,
    RowFault,
    UploadAnswer,
    UploadFault,
    UploadReport,
    UploadState,
)
from payer_mock.actions.uploads import is_in_progress
from payer_mock.screens.terms import Text, finding_text, sentence
from payer_mock.web.filters import column_name


class Shape(NamedTuple):
    """The kind of a status banner, its icon, and the step of four (5: all are done)."""

    kind: str
    icon: str
    step: int


SHAPES = {
    UploadState.RECEIVED: Shape("working", "clock", 2),
    UploadState.CHECKING: Shape("working", "clock", 2),
    UploadState.HELD: Shape("waiting", "held", 3),
    UploadState.CHECKED: Shape("working", "check", 3),
    UploadState.PUBLISHING: Shape("working", "clock", 4),
    UploadState.PUBLISHED: Shape("valid", "check", 5),
    UploadState.REFUSED: Shape("waiting", "caution", 2),
    UploadState.REJECTED: Shape("working", "undo", 3),
    UploadState.UNDO_HELD: Shape("waiting", "held", 5),
    UploadState.UNDOING: Shape("working", "clock", 5),
    UploadState.UNDONE: Shape("working", "undo", 5),
}
"""Every state. None of them is red: red means that an insurance is not valid."""

_HELD = frozenset({UploadState.HELD, UploadState.UNDO_HELD})


@dataclass(frozen=True, slots=True)
class UploadView:
    """An upload as its pages show it."""

    upload: UploadAnswer

    @property
    def shape(self) -> Shape:
        """Its state as a shape."""
        return SHAPES[self.upload.state]

    @property
    def is_in_progress(self) -> bool:
        """Whether the fund is still working on it."""
        return is_in_progress(self.upload)

    @property
    def refusal(self) -> Text | None:
        """Why the fund refused it."""
        if self.upload.refusal is None:
            return None
        entry = CATALOGUE[self.upload.refusal]
        return entry.ja, entry.en

    @property
    def holds(self) -> list[Text]:
        """Why the file, or its undo, is on hold now."""
        if self.upload.state not in _HELD:
            return []
        return [finding_text(finding) for finding in self._findings() if finding.holds]

    @property
    def notes(self) -> list[Text]:
        """The other findings about the file as a whole; later also those for which it was on hold."""
        rules = {rule.value for rule in RowFault}
        held = self.upload.state in _HELD
        return [
            finding_text(finding)
            for finding in self._findings()
            if finding.code not in rules and not (finding.holds and held)
        ]

    @property
    def checks(self) -> int:
        """The number of plausibility findings (要確認)."""
        return sum(finding.count for finding in self._findings() if finding.code in CHECKS)

    def _findings(self) -> Iterable[Finding]:
        if self.upload.state in (UploadState.UNDO_HELD, UploadState.UNDOING) and self.upload.undo_report:
            return self.upload.undo_report.findings
        return self.upload.report.findings if self.upload.report is not None else ()


@dataclass(frozen=True, slots=True)
class ColumnFaults:
    """The faults of one rule in one column, with the first row as an example, and what to do."""

    column: Text | None
    code: str
    meaning: Text
    fix: Text
    count: int
    is_check: bool
    row: int | None
    shape: str | None


def faults_by_column(report: UploadReport, faults: Iterable[UploadFault]) -> list[ColumnFaults]:
    """The faults and plausibility findings of a report by column and rule, faults first, the most frequent first.

    `faults`: the first ones by row, of which the examples are taken.
    """
    examples: dict[tuple[str | None, str], UploadFault] = {}
    for fault in faults:
        examples.setdefault((fault.column, fault.code.value), fault)
    rows = [
        _column_faults(finding, examples.get((finding.column, finding.code)))
        for finding in report.findings
        if finding.code in MEMBER_RULES and finding.code != RowFault.UNKNOWN_COLUMN
    ]
    return sorted(rows, key=lambda row: (row.is_check, -row.count))


def _column_faults(finding: Finding, example: UploadFault | None) -> ColumnFaults:
    rule = MEMBER_RULES[RowFault(finding.code)]
    return ColumnFaults(
        column=column_name(finding.column) if finding.column is not None else None,
        code=finding.code,
        meaning=sentence(finding.code),
        fix=(rule.fix_ja, rule.fix_en),
        count=finding.count,
        is_check=finding.code in CHECKS,
        row=example.row if example is not None else None,
        shape=example.shape if example is not None else None,
    )


@dataclass(frozen=True, slots=True)
class RatePair:
    """How often a column is filled, from 0 to 1, now and in the last file that was published."""

    column: Text
    now: float
    former: float | None

    @property
    def dropped(self) -> bool:
        """Whether it is filled less often than before, by a tenth of a percent or more."""
        return self.former is not None and self.former - self.now >= 0.001


def rate_pairs(now: Mapping[str, float], former: Mapping[str, float] | None) -> list[RatePair]:
    """The fill rates of all columns that are filled in one of the files, those that dropped first."""
    pairs = [
        RatePair(column_name(column), rate, former.get(column) if former is not None else None)
        for column, rate in now.items()
        if rate or (former is not None and former.get(column))
    ]
    return sorted(
        pairs, key=lambda pair: (pair.now - pair.former) if pair.former is not None and pair.dropped else 0.0
    )
