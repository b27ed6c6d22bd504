"""The service's structured log and its metrics.

An allow-list filters the log: a field that is not listed here is dropped, so that no PIN, number, name or
address can be logged by mistake. Errors are logged by type and place, never by text.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

ALLOWED_FIELDS = frozenset(
    {
        "event", "level", "timestamp", "request_id", "method", "route", "status", "code", "ms",
        "cause", "where", "reason", "authority", "crl_number", "entries", "changes", "address", "workers", "pid",
        "client_id", "streak",
    }
)  # fmt: skip
"""All fields that a log line may have. `address` is the service's own."""

REQUESTS = Counter(
    "shikaku_http_requests_total",
    "HTTP requests by route, status and error code.",
    ["route", "status", "code"],
)
REFUSED = Counter(
    "shikaku_limit_refusals_total",
    "Requests and connections refused by a limit of the server, by the limit; see web/server/limits.py.",
    ["limit"],
)
MISS_STREAKS = Counter(
    "shikaku_lookup_miss_streaks_total",
    "Streaks of look-ups by number without a match, counted at 10, 20, 40 ... misses: possible enumeration.",
)
DURATION = Histogram(
    "shikaku_http_request_duration_seconds",
    "Time from a request's first byte to its response's last byte.",
    ["route"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)


def _only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        event["where"] = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
    return {name: value for name, value in event.items() if name in ALLOWED_FIELDS}


def set_up_logging() -> None:
    """Configure the log: standard error, one JSON object per line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def metrics_text() -> bytes:
    """The metrics of all workers (Prometheus text format), or of this process if they share no folder."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(PROCESS_REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
