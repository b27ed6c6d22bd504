"""The report of `payer-mock enrol` and `check`, and the exit codes.

It has counts, faults, plausibility findings, and where a technical failure stopped the command.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from eligibility_api.contract.enrolment import RegisterMatch
from eligibility_api.contract.lines import MAX_FAULTS
from eligibility_api.contract.member_reading.block import Block
from eligibility_api.contract.member_reading.headings import UnknownColumn
from eligibility_api.contract.member_rules import CHECKS
from payer_mock.members.reader import Member

ALL_DONE, SOME_REFUSED, USAGE, STOPPED = 0, 1, 2, 3
"""Exit codes. `USAGE` also stands for incomplete settings and for a file that is not a member file."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Why a row is rejected, or what is to be looked at; never contains the value.

    `column` is empty where the fault is not about one column. `code` is a rule's (`contract.member_rules`), or the
    catalogue's if the fund refused the row.
    """

    row: int
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The row at which the fund failed for a technical reason.

    The call may or may not have been processed.
    """

    row: int
    code: str


@dataclass(slots=True)
class Report:
    """Filled while a file is processed. `rows` counts every row read, `matched` the members enrolled."""

    rows: int = 0
    enrolled: int = 0
    ended: int = 0
    refused_rows: int = 0
    matched: Counter[RegisterMatch] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    """The first ones, with plausibility findings; `counts` has all."""
    counts: Counter[str] = field(default_factory=Counter)
    """Faults and plausibility findings by code."""
    unknown_columns: Counter[UnknownColumn] = field(default_factory=Counter)
    """Columns that no member file has, with the number of their filled cells."""
    stopped: Stop | None = None

    @property
    def exit_code(self) -> int:
        """0 only if every row was accepted."""
        if self.stopped is not None:
            return STOPPED
        return SOME_REFUSED if self.refused_rows else ALL_DONE

    def refused(self) -> dict[str, int]:
        """Number of faults by code, the most frequent first."""
        return {code: count for code, count in self.counts.most_common() if code not in CHECKS}

    def checks(self) -> dict[str, int]:
        """Number of plausibility findings by code, the most frequent first."""
        return {code: count for code, count in self.counts.most_common() if code in CHECKS}

    def sorted_faults(self) -> list[Fault]:
        """The first faults and plausibility findings, by row."""
        return sorted(self.faults)

    def refuse(self, row: int, code: str) -> None:
        """Add a row that the fund refused."""
        self.refused_rows += 1
        self.counts[code] += 1
        self._keep([Fault(row, "", code)])

    def add(self, block: Block[Member]) -> None:
        """Add what the reader found in a block of rows."""
        self.rows += block.rows
        self.refused_rows += block.rows - len(block.records)
        for (code, _), count in block.counts.items():
            self.counts[code.value] += count
        self._keep(Fault(fault.row, fault.column or "", fault.code.value) for fault in block.faults)

    def add_until_stop(self, block: Block[Member], stop: Stop) -> None:
        """Add what the reader found in a block up to the row at which processing stopped."""
        self.stopped = stop
        faults = [fault for fault in block.faults if fault.row < stop.row]
        bad = {fault.row for fault in faults if fault.code not in CHECKS}
        self.rows += len(bad) + sum(member.row <= stop.row for member in block.records)
        self.refused_rows += len(bad)
        self.counts.update(fault.code.value for fault in faults)
        self._keep(Fault(fault.row, fault.column or "", fault.code.value) for fault in faults)

    def _keep(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            if len(self.faults) == MAX_FAULTS:
                return
            self.faults.append(fault)

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "rows": self.rows,
            "enrolled": self.enrolled,
            "ended": self.ended,
            "matched": {match.value: self.matched[match] for match in RegisterMatch},
            "refused_rows": self.refused_rows,
            "refused": self.refused(),
            "checks": self.checks(),
            "faults": [asdict(fault) | {"column": fault.column or None} for fault in self.sorted_faults()],
            "unknown_columns": [
                {"letters": column.letters, "heading": column.heading, "filled": filled}
                for column, filled in self.unknown_columns.items()
            ],
            "stopped": asdict(self.stopped) if self.stopped else None,
        }
