"""The result of a run, and its verdict. `presenter.py` and the package `html_report` display it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from loadtest.report.figures import RunFigures
from loadtest.report.verdict import verdict
from loadtest.scenario.histogram import percentiles
from loadtest.sections import Text


@dataclass(frozen=True, slots=True)
class RunReport(RunFigures):
    """The result of one level's run: its figures, and the verdict about them."""

    @property
    def verdict(self) -> Text:
        """The result in a sentence."""
        return verdict(self)

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "level": self.plan.level.name,
            "scale": self.plan.scale,
            "seconds": round(self.plan.seconds, 1),
            "offered_checks_per_s": round(self.offered_per_s, 1),
            "achieved_checks_per_s": round(self.achieved_per_s, 1),
            "achieved_requests_per_s": round(self.requests_per_s, 1),
            **percentiles(self.stats.checks),
            "errors": self.errors,
            "wrong_answers": self.wrong_answers,
            "wrong_by_fault": dict(self.wrong),
            "compared_answers": self.compared,
            "compared_histories": self.stats.histories_compared,
            "generator_bound": self.generator_bound,
            "generators": [usage.as_json() for usage in self.usages],
            "start_delay_p99_ms": round(self.stats.start_delays.percentile_ms(0.99), 1),
            "cpu_cores": {kind: round(self.cores(kind), 2) for kind in self.cpu.cpu},
            "memory_mib": dict(self.memory),
            "memory_growth": None if self.memory_growth is None else round(self.memory_growth, 4),
            "cpu_shares": {kind: round(share, 3) for kind, share in self.shares.items()},
            "other_cores": None if self.other_cores is None else round(self.other_cores, 2),
            "requests": {
                name: {"count": latencies.count} | percentiles(latencies)
                for name, latencies in sorted(self.stats.requests.items())
            },
            **{section.name: section.as_json() for section in self.sections},
            "capacity": self.capacity.as_json() if self.capacity else None,
            "size": dict(self.size),
            "host_info": asdict(self.host_info) if self.host_info else None,
            "passed": self.passed,
            "sustained": self.sustained,
            "verdict": self.verdict.en,
            "verdict_ja": self.verdict.ja,
        }
