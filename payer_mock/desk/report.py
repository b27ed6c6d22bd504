"""What became of a members file: counts, the faults, and where a technical failure stopped the work."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from eligibility_api.contract.enrolment import RegisterMatch
from payer_mock.members.table import Fault

ALL_DONE, SOME_REFUSED, USAGE, STOPPED = 0, 1, 2, 3
"""Exit codes; `USAGE` also stands for incomplete settings and for a file that is none of members."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The row at which the fund failed for a technical reason: it may or may not have arrived."""

    row: int
    code: str


@dataclass(slots=True)
class Report:
    """Grows while a file is worked through. `rows` counts every row taken up, `matched` the members enrolled."""

    rows: int = 0
    enrolled: int = 0
    ended: int = 0
    matched: Counter[RegisterMatch] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    stopped: Stop | None = None

    @property
    def exit_code(self) -> int:
        """0 only if every row went through."""
        if self.stopped is not None:
            return STOPPED
        return SOME_REFUSED if self.faults else ALL_DONE

    @property
    def refused_rows(self) -> int:
        """Rows with a fault; one row may have several."""
        return len({fault.row for fault in self.faults})

    def refused(self) -> dict[str, int]:
        """Faults by code, the most frequent first."""
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
