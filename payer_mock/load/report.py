"""What a load measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any


@dataclass(slots=True)
class Wave:
    """All insurers' files of one month: rows, and seconds from the first byte sent until all are checked, and until
    all are published.
    """

    rows: int = 0
    bad_rows: int = 0
    held: int = 0
    checked_after: float = 0.0
    published_after: float = 0.0

    @property
    def checked_per_s(self) -> float:
        """Rows a second until the check report."""
        return self.rows / self.checked_after

    @property
    def published_per_s(self) -> float:
        """Rows a second until they show."""
        return self.rows / self.published_after

    def as_json(self) -> dict[str, Any]:
        """The part about this wave of what `--json` prints."""
        return {
            "rows": self.rows,
            "bad_rows": self.bad_rows,
            "held": self.held,
            "checked_after_s": round(self.checked_after, 2),
            "published_after_s": round(self.published_after, 2),
        }


@dataclass(slots=True)
class LoadReport:
    """Rates in rows a second, memory in MiB, times in seconds."""

    people: int
    insurers: int = 0
    first: Wave = field(default_factory=Wave)
    monthly: Wave = field(default_factory=Wave)
    peaks: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Keep how long the block takes."""
        began = perf_counter()
        yield
        self.seconds[part] = round(perf_counter() - began, 2)

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
            "peak_mib": round(max(self.peaks.values(), default=0.0), 1),
            "peaks_mib": {name: round(peak, 1) for name, peak in self.peaks.items()},
            "first_load": self.first.as_json(),
            "monthly": self.monthly.as_json(),
            "seconds": self.seconds,
        }
