"""The service's structured log and its metrics.

An allow-list filters the log: a field that is not listed here is dropped, so that no PIN, number, name or
address can be logged by mistake. Errors are logged by type and place, never by text.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.log_writer import EVENT_FIELDS, BackgroundLog, LogStream, log_to_standard_error

if TYPE_CHECKING:
    from eligibility_api.platform.export import Export
    from eligibility_api.platform.settings import Settings

log = structlog.get_logger()

ALLOWED_FIELDS = EVENT_FIELDS | frozenset(
    {
        "request_id", "trace_id", "method", "route", "status", "code", "ms",
        "cause", "where", "reason", "authority", "crl_number", "entries", "changes", "address", "workers", "pid",
        "client_id", "streak",
    }
)  # fmt: skip
"""All fields that a log line may have. `address` is the service's own."""

METRICS = CollectorRegistry()
"""The counters of this process; `service_metrics.py` adds up those of all processes."""

REQUESTS = Counter(
    "shikaku_http_requests_total",
    "HTTP requests by route, status and error code.",
    ["route", "status", "code"],
    registry=METRICS,
)
REFUSED = Counter(
    "shikaku_limit_refusals_total",
    "Requests and connections refused by a limit of the server, by the limit; see web/server/limits.py.",
    ["limit"],
    registry=METRICS,
)
MISS_STREAKS = Counter(
    "shikaku_lookup_miss_streaks_total",
    "Streaks of look-ups by number without a match, counted at 10, 20, 40 ... misses: possible enumeration.",
    registry=METRICS,
)
LOST_LOG_LINES = Counter(
    "shikaku_log_lines_lost_total",
    "Log lines that could not be written: standard error was full, closed, or too slow.",
    registry=METRICS,
)
LOG_LEAVES = Counter(
    "shikaku_audit_log_leaves_total", "Audit records that got their place in the log.", registry=METRICS
)
LOG_DELAY = Histogram(
    "shikaku_audit_log_delay_seconds",
    "Time from an audit record's instant to the signed checkpoint that contains it: of each checkpoint the oldest.",
    buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600),
    registry=METRICS,
)
DURATION = Histogram(
    "shikaku_http_request_duration_seconds",
    "Time from a request's first byte to its response's last byte.",
    ["route"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
    registry=METRICS,
)


TOGETHER = Histogram(
    "shikaku_statement_requests",
    "Requests that one statement answered, by their kind: how many travel together.",
    ["kind"],
    buckets=(1, 2, 4, 8, 16, 32),
    registry=METRICS,
)
IN_PROGRESS = Gauge(
    "shikaku_http_requests_in_progress",
    "Complete requests that the workers have in progress.",
    registry=METRICS,
)
WAITING = Gauge(
    "shikaku_http_requests_waiting",
    "Complete requests that wait for the workers to begin them.",
    registry=METRICS,
)
OPEN_CONNECTIONS = Gauge(
    "shikaku_http_connections", "Connections of clients that are open at the workers.", registry=METRICS
)
DATABASE_CONNECTIONS = Gauge(
    "shikaku_database_connections",
    "Connections of the busiest requests to the database, by what they do: used or free.",
    ["state"],
    registry=METRICS,
)
DATABASE_WAITING = Gauge(
    "shikaku_database_requests_waiting",
    "Statements of the busiest requests that wait for a connection to the database.",
    registry=METRICS,
)
LIST_CHECKED = Gauge(
    "shikaku_revocation_list_checked_timestamp_seconds",
    "When the mirror of an authority's revocation list was last compared with J-LIS, as Unix time.",
    ["authority"],
    registry=METRICS,
)
MAINTENANCE = Counter(
    "shikaku_maintenance_runs_total",
    "Runs of the scheduler's tasks, by task and outcome: done or failed.",
    ["task", "outcome"],
    registry=METRICS,
)
PUBLICATION_DELAY = Histogram(
    "shikaku_member_file_publication_delay_seconds",
    "Time from the arrival of an insurer's member file to its publication, a wait for a second key included.",
    buckets=(10, 60, 300, 900, 3600, 4 * 3600, 86400, 3 * 86400, 5 * 86400),
    registry=METRICS,
)


def _only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        event["where"] = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
    return {name: value for name, value in event.items() if name in ALLOWED_FIELDS}


_RENDERER = structlog.processors.JSONRenderer()
"""Renders the lines of a process that exports none."""


class RequestLine:
    """The log line of requests with the same method, route, status and error code, prepared.

    Most lines are such. The line is what the processors would make of its event.
    """

    def __init__(self, method: str, route: str, status: int, code: str) -> None:
        self._fields = {"method": method, "route": route, "status": status, "code": code}
        self._members = json.dumps(self._fields)[1:-1]

    def log(self, request_id: str, ms: float) -> None:
        """Log one request. `request_id` has nothing that JSON escapes."""
        configured = structlog.get_config()
        if configured["processors"][-1] is not _RENDERER:  # it is exported too, or a test captures it
            log.info("request", request_id=request_id, **self._fields, ms=ms)
            return
        timestamp = system_clock().isoformat().replace("+00:00", "Z")
        configured["logger_factory"].info(
            f'{{"request_id": "{request_id}", {self._members}, "ms": {ms},'
            f' "event": "request", "level": "info", "timestamp": "{timestamp}"}}'
        )


def set_up_telemetry(settings: Settings, process: str) -> Export | None:
    """Configure the log of a process, and the export of log and traces if the settings have a collector.

    `process`: its name. Call it as `set_up_logging`. Raises OperatorError without the packages that export.
    """
    export = None
    if settings.otlp_url is not None:
        try:
            from eligibility_api.platform.export import Export
        except ImportError as error:
            raise OperatorError(
                "FUND_OTLP_URL needs the extra `otel`: pip install 'shikaku[otel]'."
            ) from error
        export = Export(settings, process)
    set_up_logging(export)
    return export


def close_telemetry(export: Export | None) -> None:
    """Write and export what waits, for at most a second each. Later lines of this process are lost."""
    writer = structlog.get_config()["logger_factory"]
    if isinstance(writer, BackgroundLog):
        writer.close()
    if export is not None:
        export.close()


def set_up_logging(export: Export | None = None) -> None:
    """Configure the log: standard error, one JSON object per line. A line that cannot be written is counted.

    Call it once the web server has configured its own log, which is redirected.
    """
    former = structlog.get_config()["logger_factory"]
    if isinstance(former, BackgroundLog):
        former.close()
    writer = log_to_standard_error(LOST_LOG_LINES.inc)
    if isinstance(writer, BackgroundLog):
        _redirect_libraries(writer)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([export.add_trace_id] if export is not None else []),
            _only_allowed,
            *(
                [export.export_line, structlog.processors.JSONRenderer()]
                if export is not None
                else [_RENDERER]
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=writer,
    )


def _redirect_libraries(writer: BackgroundLog) -> None:
    """Let the web server's messages, and those of libraries without a handler, take the same way."""
    stream = LogStream(writer)
    for handler in logging.getLogger("uvicorn").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)
    logging.lastResort = logging.StreamHandler(stream)
    logging.lastResort.setLevel(logging.WARNING)
