"""The figures of a report, collected page by page; their size is bounded by the number of facilities and by limits."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from eligibility_api.audit.report.misses import Run
from eligibility_api.audit.report.period import Period
from eligibility_api.audit.report.reasons import (
    ACCESSED,
    CONSENT_KINDS,
    INSURER_KINDS,
    PERMIT_KINDS,
    VISUAL_KINDS,
    Reason,
    is_refused_proof,
    reason_of,
)

REASONS = tuple(Reason)
_PLACES = {reason: place for place, reason in enumerate(REASONS)}

MAX_LISTED = 1_000
"""Rows of each list: runs, correction lists, privileged operations of each kind. What is beyond is counted."""


class Activity(NamedTuple):
    """Records of one page that are alike, and their number."""

    day: date
    institution_code: str | None
    insurer_number: str | None
    kind: str
    outcome: str
    item: str | None
    """Of a history its permit's basis; of an emergency its reason; of a registration `visual` if staff compared the face."""
    records: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A facility that received values which a change withdrew: one row of a correction list."""

    record_id: UUID
    recorded_at: datetime
    kind: str
    insurer_number: str | None
    institution_code: str
    institution_name: str
    answers: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """A privileged operation."""

    record_id: UUID
    recorded_at: datetime
    kind: str
    client_id: UUID | None
    institution_code: str | None
    insurer_number: str | None
    operator: str | None
    detail: dict[str, Any]


@dataclass(slots=True)
class Unclaimed:
    """Look-ups of a facility, and those of which no claim of the facility for the person and month is known."""

    looked_up: int = 0
    without_claim: int = 0


@dataclass(slots=True)
class Figures:
    """Everything that a report says, without its texts."""

    period: Period
    made_at: datetime
    records: int = 0
    accesses: dict[str, array[int]] = field(default_factory=dict)
    """By institution code: the number of accesses by reason, in the order of `REASONS`."""
    accesses_by_day: Counter[date] = field(default_factory=Counter)
    refused_accesses: Counter[str] = field(default_factory=Counter)
    """By institution code."""
    permits: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Requests for access without consent by kind, reason and outcome."""
    exceptional: dict[str, Counter[str]] = field(default_factory=dict)
    """By institution code: permits by kind, visual checks (`visual-check`), and refused ones (`refused`)."""
    exceptional_by_day: dict[str, Counter[date]] = field(default_factory=dict)
    """`without-consent` and `visual-check` by day."""
    consents: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Categories that were consented to, by category and by `pin` or `visual-check`."""
    withdrawn: Counter[str] = field(default_factory=Counter)
    """Categories of ended consents."""
    given: int = 0
    """Consents registered."""
    ends: Counter[str] = field(default_factory=Counter)
    """Ended consents by reason (OQSCD031)."""
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Refused proofs and sign-ins by point (`before`, `used`, `sign-in`) and cause."""
    runs: list[Run] = field(default_factory=list)
    runs_found: int = 0
    misses: int = 0
    unclaimed: dict[str, Unclaimed] = field(default_factory=dict)
    unclaimed_by_kind: dict[str, Unclaimed] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    wrong_found: int = 0
    insurers: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Reads of insurers' staff by insurer number and kind."""
    operations: list[Operation] = field(default_factory=list)
    operations_by_kind: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    """Names of facilities and insurers that the page shows, by code or number."""

    def add(self, activity: Activity) -> None:
        """Count what is alike."""
        self.records += activity.records
        reason = reason_of(activity.kind, activity.item)
        if reason is not None and activity.institution_code is not None:
            self._add_access(activity, activity.institution_code, reason)
        if activity.institution_code is not None:
            self._add_exceptional(activity, activity.institution_code)
        if is_refused_proof(activity.kind, activity.outcome):
            self.refusals["used", activity.outcome] += activity.records
        elif activity.kind == "proof.refused" and activity.outcome != "counted":
            self.refusals["before", activity.outcome] += activity.records
        elif activity.kind == "sign-in.refused" and activity.outcome != "counted":
            self.refusals["sign-in", activity.outcome] += activity.records
        if activity.kind in CONSENT_KINDS and activity.outcome == "answered":
            self.given += activity.records
        if activity.kind in INSURER_KINDS:
            self.insurers[activity.insurer_number or "", activity.kind] += activity.records

    def _add_access(self, activity: Activity, code: str, reason: Reason) -> None:
        if activity.outcome not in ACCESSED:
            self.refused_accesses[code] += activity.records
            return
        if code not in self.accesses:
            self.accesses[code] = array("Q", [0] * len(REASONS))
        self.accesses[code][_PLACES[reason]] += activity.records
        self.accesses_by_day[activity.day] += activity.records

    def _add_exceptional(self, activity: Activity, code: str) -> None:
        visual = activity.kind in VISUAL_KINDS and (
            activity.kind != "binding.first-registration" or activity.item == "visual"
        )
        if activity.kind in PERMIT_KINDS:
            self.permits[activity.kind, activity.item or "", activity.outcome] += activity.records
            series, given = "without-consent", activity.outcome in {"permitted", "answered"}
        elif visual:
            series, given = "visual-check", activity.outcome in {"answered", "bound", "already"}
        else:
            return
        name = ("visual-check" if visual else activity.kind) if given else "refused"
        self.exceptional.setdefault(code, Counter())[name] += activity.records
        self.exceptional_by_day.setdefault(series, Counter())[activity.day] += activity.records

    def add_run(self, run: Run) -> None:
        """Add a run; the longest ones are kept."""
        self.runs_found += 1
        self.runs.append(run)
        if len(self.runs) > 2 * MAX_LISTED:
            self.runs = heapq.nlargest(MAX_LISTED, self.runs, key=lambda one: one.misses)

    def add_unclaimed(self, code: str, kind: str, looked_up: int, without_claim: int) -> None:
        """Add look-ups of a facility."""
        for total in (
            self.unclaimed.setdefault(code, Unclaimed()),
            self.unclaimed_by_kind.setdefault(kind, Unclaimed()),
        ):
            total.looked_up += looked_up
            total.without_claim += without_claim

    def add_wrong(self, row: Wrong) -> None:
        """Add a row of a correction list; the first ones are kept."""
        self.wrong_found += 1
        if len(self.wrong) < MAX_LISTED:
            self.wrong.append(row)

    def add_operation(self, operation: Operation) -> None:
        """Add a privileged operation; the first ones of each kind are kept, so that many hide no rare one."""
        self.operations_by_kind[operation.kind] += 1
        if self.operations_by_kind[operation.kind] <= MAX_LISTED:
            self.operations.append(operation)

    @property
    def by_reason(self) -> dict[Reason, int]:
        """Accesses of all facilities by reason."""
        return {
            reason: sum(counts[place] for counts in self.accesses.values())
            for reason, place in _PLACES.items()
        }

    def busiest(self, number: int | None = None) -> list[str]:
        """The codes of the facilities with the most accesses."""
        ordered = sorted(self.accesses, key=lambda code: (-sum(self.accesses[code]), code))
        return ordered[:number]
