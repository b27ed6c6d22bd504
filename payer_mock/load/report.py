"""The measurements of a load test, and the JSON that the commands print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any


@dataclass(slots=True)
class UploadRound:
    """All insurers' files of one month.

    Rows, proposals that were confirmed, and seconds from the first byte sent until all files are checked, until all
    are published, and until all proposals are confirmed.
    """

    rows: int = 0
    bad_rows: int = 0
    held: int = 0
    checked_after: float = 0.0
    published_after: float = 0.0
    proposals: int = 0
    confirmed_after: float = 0.0

    @property
    def checked_per_s(self) -> float:
        """Rows a second until the check report."""
        return self.rows / self.checked_after

    @property
    def published_per_s(self) -> float:
        """Rows a second until they are published."""
        return self.rows / self.published_after

    def as_json(self) -> dict[str, Any]:
        """This round as a member of the object that `--json` prints."""
        return {
            "rows": self.rows,
            "bad_rows": self.bad_rows,
            "held": self.held,
            "checked_after_s": round(self.checked_after, 2),
            "published_after_s": round(self.published_after, 2),
            "proposals": self.proposals,
            "confirmed_after_s": round(self.confirmed_after, 2),
        }


@dataclass(slots=True)
class LoadReport:
    """Measurements common to all load tests: peak memory in MiB by process, and seconds by part."""

    people: int
    insurers: int = 0
    peaks: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Record how long the block takes."""
        began = perf_counter()
        yield
        self.seconds[part] = round(perf_counter() - began, 2)

    @property
    def peak(self) -> float:
        """Peak memory of the largest process, MiB."""
        return max(self.peaks.values(), default=0.0)

    def memory_as_json(self) -> dict[str, Any]:
        """The members about memory of the object that `--json` prints."""
        peaks = {name: round(peak, 1) for name, peak in self.peaks.items()}
        return {"peak_mib": round(self.peak, 1), "peaks_mib": peaks}


@dataclass(slots=True)
class MembersLoadReport(LoadReport):
    """A load of members. Rates in rows a second."""

    first: UploadRound = field(default_factory=UploadRound)
    monthly: UploadRound = field(default_factory=UploadRound)

    @property
    def clean(self) -> bool:
        """Whether no row was bad."""
        return self.first.bad_rows == self.monthly.bad_rows == 0

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "people": self.people,
            "insurers": self.insurers,
            "upload_check_per_s": round(self.first.checked_per_s),
            "first_load_per_s": round(self.first.published_per_s),
            "monthly_per_s": round(self.monthly.published_per_s),
            **self.memory_as_json(),
            "first_load": self.first.as_json(),
            "monthly": self.monthly.as_json(),
            "seconds": self.seconds,
        }


@dataclass(slots=True)
class ClaimsLoadReport(LoadReport):
    """A load of claims.

    `cpu_seconds`: used by the fund and PostgreSQL meanwhile; None for a fund that we did not start.
    """

    files: int = 0
    claims: int = 0
    good: int = 0
    unmatched: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    stored_after: float = 0.0
    cpu_seconds: float | None = None

    @property
    def clean(self) -> bool:
        """Whether every claim was accepted."""
        return not self.faults and self.good == self.claims

    @property
    def claims_per_s(self) -> float:
        """Claims a second, from the first byte sent until the last file is stored and visible."""
        return self.claims / self.stored_after

    @property
    def claims_per_core_s(self) -> float | None:
        """Claims for each CPU second."""
        return self.claims / self.cpu_seconds if self.cpu_seconds else None

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        per_core = self.claims_per_core_s
        return {
            "people": self.people,
            "insurers": self.insurers,
            "files": self.files,
            "claims": self.claims,
            "claims_per_s": round(self.claims_per_s),
            "claims_per_core_s": None if per_core is None else round(per_core),
            **self.memory_as_json(),
            "good": self.good,
            "unmatched": self.unmatched,
            "faults": dict(self.faults),
            "cpu_s": None if self.cpu_seconds is None else round(self.cpu_seconds, 2),
            "seconds": self.seconds,
        }
