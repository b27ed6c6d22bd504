"""The report of `payer-mock enrol`, and the exit codes.

It has counts, faults, and where a technical failure stopped the command.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from eligibility_api.contract.enrolment import RegisterMatch
from payer_mock.members.table import Fault

ALL_DONE, SOME_REFUSED, USAGE, STOPPED = 0, 1, 2, 3
"""Exit codes. `USAGE` also stands for incomplete settings and for a file that is not a member file."""


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
    matched: Counter[RegisterMatch] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    stopped: Stop | None = None

    @property
    def exit_code(self) -> int:
        """0 only if every row was accepted."""
        if self.stopped is not None:
            return STOPPED
        return SOME_REFUSED if self.faults else ALL_DONE

    @property
    def refused_rows(self) -> int:
        """Number of rows with a fault; a row may have several faults."""
        return len({fault.row for fault in self.faults})

    def refused(self) -> dict[str, int]:
        """Number of faults by code, the most frequent first."""
        return dict(Counter(fault.code for fault in self.faults).most_common())

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "rows": self.rows,
            "enrolled": self.enrolled,
            "ended": self.ended,
            "matched": {match.value: self.matched[match] for match in RegisterMatch},
            "refused_rows": self.refused_rows,
            "refused": self.refused(),
            "faults": [asdict(fault) for fault in self.faults],
            "stopped": asdict(self.stopped) if self.stopped else None,
        }
