"""The result of a smoke test, its verdict, and its output for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Timing:
    """Count and latency of a kind of request, in milliseconds (Locust's two significant digits)."""

    name: str
    count: int
    failures: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class SmokeReport:
    """The result. `failures`: failed taps by code. `silent`: cards without a right answer."""

    seconds: float
    users: int
    taps: Timing
    requests: Sequence[Timing]
    failures: Mapping[str, int]
    silent: Sequence[str]

    @property
    def passed(self) -> bool:
        """Whether every answer was right, and every user had one."""
        return not self.failures and not self.silent

    @property
    def taps_per_second(self) -> float:
        """Taps per second, failed ones included."""
        return round(self.taps.count / self.seconds, 1)

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "passed": self.passed,
            "seconds": round(self.seconds, 1),
            "users": self.users,
            "taps": self.taps.count,
            "taps_per_second": self.taps_per_second,
            "p50_ms": self.taps.p50_ms,
            "p95_ms": self.taps.p95_ms,
            "failures": dict(self.failures),
            "silent_cards": list(self.silent),
            "requests": [asdict(row) for row in self.requests],
        }


def show(console: Console, report: SmokeReport) -> None:
    """Print the timings, the failures by code and the verdict."""
    console.print(_timings(report))
    for code, count in report.failures.items():
        console.print(f"{count} × {code}", style="red")
    if report.silent:
        console.print(f"no right answer: {', '.join(report.silent)}", style="red", markup=False)
    verdict = "合格 / passed" if report.passed else "不合格 / failed"
    rate = f"{report.taps_per_second} taps/s by {report.users} users in {report.seconds:.1f} s"
    console.print(f"{verdict}: {rate}", style="bold green" if report.passed else "bold red")


def _timings(report: SmokeReport) -> Table:
    table = Table("")
    for title in ("count", "failed", "p50 ms", "p95 ms"):
        table.add_column(title, justify="right")
    for row in (*report.requests, report.taps):
        table.add_row(row.name, str(row.count), str(row.failures), f"{row.p50_ms:g}", f"{row.p95_ms:g}")
    return table
