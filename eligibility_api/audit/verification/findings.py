"""What the verification of an exported audit record finds: the problem, where, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from eligibility_api.merkle_log.checkpoints import Checkpoint

MAX_FINDINGS = 1000
"""Maximum findings that are kept; more are only counted."""


class Problem(StrEnum):
    """Everything that can be wrong with an export."""

    UNREADABLE = "unreadable"
    CHECKPOINT = "checkpoint-invalid"
    REWRITTEN = "history-rewritten"
    NOT_COSIGNED = "not-cosigned"
    LOG = "log-altered"
    ALTERED = "altered"
    REDATED = "re-dated"
    REMOVED = "removed"
    INSERTED = "inserted"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    ROW_ALTERED = "row-altered"
    ROW_MISSING = "row-missing"
    ROW_INSERTED = "row-inserted"
    NOT_RECOMPUTED = "not-recomputed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `leaves` are the first and last leaf that it concerns; `line` is where it stands in the file."""

    problem: Problem
    message: str
    line: int | None = None
    leaves: tuple[int, int] | None = None

    def __str__(self) -> str:
        """Return the finding as a line of text."""
        places = []
        if self.leaves is not None:
            first, last = self.leaves
            places.append(f"leaf {first}" if first == last else f"leaves {first} to {last}")
        if self.line is not None:
            places.append(f"line {self.line}")
        return f"{self.problem}: {', '.join(places)}{': ' if places else ''}{self.message}"


@dataclass(slots=True)
class Report:
    """Everything that was found, and what was verified. `holds` only if nothing is wrong."""

    checkpoint: Checkpoint | None = None
    cosigned: list[str] = field(default_factory=list)
    records: int = 0
    dropped: int = 0
    rows: int = 0
    answers: int = 0
    purged: int = 0
    """Answers that are not recomputed, since rows read were purged (rule T9)."""
    partial: bool = False
    """Whether it has only some of the log's records: that others are missing cannot be seen."""
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong, and there is a checkpoint that everything was compared with."""
        return self.checkpoint is not None and not self.findings

    def add(self, *findings: Finding) -> None:
        """Add findings, up to MAX_FINDINGS."""
        kept = MAX_FINDINGS - len(self.findings)
        self.findings += findings[:kept]
        self.more += len(findings[kept:])

    def found(self) -> set[Problem]:
        """Return the kinds of problems found."""
        return {finding.problem for finding in self.findings}
