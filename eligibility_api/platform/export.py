"""Traces and log lines for an OpenTelemetry collector (OTLP over HTTP). Imported only if one is configured.

What leaves the process is filtered by an allow-list, as the log is: a span keeps the attributes that are listed here, and
no event, no text of an error and no state that a caller sent. Log lines were filtered before (`telemetry.py`).
Threads export; what waits for them is bounded, and dropped beyond that. No answer ever waits for a collector.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from importlib.metadata import version
from time import time_ns
from typing import Any

import structlog
from fastapi.telemetry import TelemetryConfig
from opentelemetry import propagate, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, SpanContext, Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from eligibility_api.platform.log_writer import EVENT_FIELDS, at_end
from eligibility_api.platform.settings import Settings

log = structlog.get_logger()

ALLOWED_ATTRIBUTES = frozenset(
    {
        "http.request.method", "http.response.status_code", "http.route", "network.protocol.version", "url.scheme",
        "db.operation.batch.size", "db.query.summary", "db.system.name", "error.type", "shikaku.code",
    }
)  # fmt: skip
"""All attributes that an exported span may have. `url.path` and `url.query` are callers' text, and not among them."""

MAX_WAITING = 4_096
"""Spans, and log lines, that wait for a slow collector; further ones are dropped. 8 MB at most."""

_BATCH = 512
_PAUSE_MILLISECONDS = 1_000
_REQUEST_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
"""How long the end of a process waits for the last ones. The threads are daemons: a collector that hangs holds no process."""

_SEVERITIES = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}


class Export:
    """The traces and log lines of one process on their way to a collector."""

    def __init__(self, settings: Settings, process: str) -> None:
        """`process`: its name, such as `fund-api`. Requires `settings.otlp_url`."""
        assert settings.otlp_url is not None
        resource = Resource.create(
            {SERVICE_NAMESPACE: "shikaku", SERVICE_NAME: process, SERVICE_VERSION: version("shikaku")}
        )
        sampler = TraceIdRatioBased(settings.traces_ratio)
        self.tracers = TracerProvider(
            # A caller does not decide how much is recorded here.
            sampler=ParentBased(sampler, remote_parent_sampled=sampler, remote_parent_not_sampled=sampler),
            resource=resource,
            shutdown_on_exit=False,
        )
        self._spans = BatchSpanProcessor(
            _AllowedSpans(OTLPSpanExporter(f"{settings.otlp_url}/v1/traces", timeout=_REQUEST_SECONDS)),
            max_queue_size=MAX_WAITING,
            schedule_delay_millis=_PAUSE_MILLISECONDS,
            max_export_batch_size=_BATCH,
        )
        self.tracers.add_span_processor(self._spans)
        loggers = LoggerProvider(resource, shutdown_on_exit=False)
        self._lines = BatchLogRecordProcessor(
            _Lines(OTLPLogExporter(f"{settings.otlp_url}/v1/logs", timeout=_REQUEST_SECONDS)),
            max_queue_size=MAX_WAITING,
            schedule_delay_millis=_PAUSE_MILLISECONDS,
            max_export_batch_size=_BATCH,
        )
        loggers.add_log_record_processor(self._lines)
        self._logger = loggers.get_logger("eligibility_api")
        self.tracer = self.tracers.get_tracer("eligibility_api")
        # Baggage is callers' text, which nobody here reads.
        propagate.set_global_textmap(TraceContextTextMapPropagator())
        # The exporters' own messages contain what a collector answered; `_watched` says what matters of them.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._ending, self._ended = threading.Event(), threading.Event()
        # Started now: a thread cannot be, while the interpreter ends.
        threading.Thread(target=self._end, name="export", daemon=True).start()
        self._at_end = at_end(self.close)

    def of_framework(self, exclude: Callable[[MutableMapping[str, Any]], bool]) -> TelemetryConfig:
        """FastAPI's own tracing, by these traces. `exclude`: requests without a span."""
        return {
            "tracer_provider": self.tracers,
            "tracing": True,
            "metrics": False,  # Prometheus reads them
            "logs": False,  # they contain texts of exceptions
            "operation_spans": False,
            "auto_configure": False,
            "exclude": exclude,
        }

    def add_trace_id(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Add the present trace's id to a log line (structlog's interface of a processor)."""
        found = present_trace()
        if found is not None:
            event["trace_id"] = found
        return event

    def export_line(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Export a filtered log line (structlog's interface of a processor)."""
        level = str(event.get("level", "info"))
        self._logger.emit(
            LogRecord(
                timestamp=time_ns(),
                severity_number=_SEVERITIES.get(level, SeverityNumber.INFO),
                severity_text=level.upper(),
                body=str(event.get("event", "")),
                attributes={
                    name: value if isinstance(value, bool | int | float) else str(value)
                    for name, value in event.items()
                    if name not in EVENT_FIELDS and value is not None
                },
            )
        )
        return event

    def flush(self) -> None:
        """Send what waits."""
        self._spans.force_flush()
        self._lines.force_flush()

    def close(self) -> None:
        """Send what waits, for at most a second, and end."""
        self._at_end.cancel()
        self._ending.set()
        self._ended.wait(_CLOSE_SECONDS)

    def _end(self) -> None:
        self._ending.wait()
        self._spans.shutdown()
        self._lines.shutdown()
        self._ended.set()


def present_trace() -> str | None:
    """The id of the present trace, 32 hexadecimal digits; None outside of one."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


class _Watched:
    """Logs when exporting begins to fail, and when it works again."""

    def __init__(self, signal: str) -> None:
        self._signal = signal
        self._works = True

    def note(self, *, works: bool) -> None:
        """Note whether a request succeeded."""
        if works != self._works:
            self._works = works
            if works:
                log.info("export_works", reason=self._signal)
            else:
                log.warning("export_fails", reason=self._signal)


class _AllowedSpans(SpanExporter):
    """Exports spans without whatever is not allowed."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._watched = _Watched("traces")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export a batch."""
        result = self._exporter.export([allowed(span) for span in spans])
        self._watched.note(works=result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what the exporter itself has."""
        return self._exporter.force_flush(timeout_millis)


class _Lines(LogRecordExporter):
    """Exports log lines."""

    def __init__(self, exporter: LogRecordExporter) -> None:
        self._exporter = exporter
        self._watched = _Watched("logs")

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Export a batch."""
        result = self._exporter.export(batch)
        self._watched.note(works=result is LogRecordExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what the exporter itself has."""
        return self._exporter.force_flush(timeout_millis)


def allowed(span: ReadableSpan) -> ReadableSpan:
    """What may be exported of a span."""
    given: Mapping[str, Any] = span.attributes or {}
    return ReadableSpan(
        name=span.name,
        context=_without_state(span.context),
        parent=None if span.parent is None else _without_state(span.parent),
        resource=span.resource,
        attributes={name: value for name, value in given.items() if name in ALLOWED_ATTRIBUTES},
        links=[Link(_without_state(link.context)) for link in span.links],
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _without_state(context: SpanContext) -> SpanContext:
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
