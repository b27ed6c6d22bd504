"""What a report's file tells beyond the printed object: second by second, process by process, view by view."""

from __future__ import annotations

from typing import Any

from loadtest.machine.sampling import Sample
from loadtest.monitor import Watched
from loadtest.scenario.report import RushReport
from loadtest.scenario.run_stats import Second


def details(report: RushReport) -> dict[str, Any]:
    """JSON: lists of one entry a second, each in the order of time."""
    told: dict[str, Any] = {"seconds_seen": [_second(one) for one in report.seen.series]}
    if report.watched is not None:
        told["machine"] = [_sample(sample, report.watched.began) for sample in report.watched.samples]
        told["database"] = _database(report.watched)
    return told


def _second(one: Second) -> dict[str, Any]:
    return {
        "offered": one.offered,
        "answered": one.answered,
        "requests": one.requests,
        "errors": dict(one.errors),
        "p50_ms": round(one.checks.percentile_ms(0.5), 2),
        "p99_ms": round(one.checks.percentile_ms(0.99), 2),
    }


def _sample(sample: Sample, began: float) -> dict[str, Any]:
    return {
        "at_s": round(sample.at - began, 2),
        "idle": round(sample.idle, 3),
        "stolen": round(sample.steal, 3),
        "other_cores": round(sample.others, 3),
        "processes": {
            name: {"cores": round(usage.cores, 3), "memory_mib": round(usage.memory_mib, 1)}
            for name, usage in sample.processes.items()
        },
    }


def _database(watched: Watched) -> dict[str, Any] | None:
    watch = watched.database
    seen = watch.delta
    if seen is None or watch.after is None:
        return None
    return {
        "server": watch.after.server,
        "sees_all_sessions": watch.after.sees_all,
        "counts_began_anew": seen.counters_reset,
        "statistics": {view: dict(rows) for view, rows in seen.rows.items()},
        "sessions_mean": watch.waits.means() if watch.waits.looks else {},
        "looks": watch.waits.looks,
        "looks_missed": watch.missed,
    }
