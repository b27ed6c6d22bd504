"""An OpenTelemetry collector on the loopback address: keeps what it is sent, and answers as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue


@dataclass(frozen=True)
class Span:
    """One exported span."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    links: tuple[str, ...]
    """The linked spans' ids."""
    attributes: dict[str, Any]
    failed: bool
    service: str


@dataclass(frozen=True)
class Line:
    """One exported log line."""

    event: str
    severity: str
    trace_id: str
    attributes: dict[str, Any]
    service: str


def _values(given: Any) -> dict[str, Any]:
    return {pair.key: _value(pair) for pair in given}


def _value(pair: KeyValue) -> Any:
    kind = pair.value.WhichOneof("value")
    return getattr(pair.value, kind) if kind else None


@dataclass
class Collector:
    """What was received."""

    url: str = ""
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    """Path and body of each request."""
    status: int = 200
    answers: threading.Event = field(default_factory=threading.Event)
    """Set while it answers; a test clears it to let requests hang."""
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def spans(self) -> list[Span]:
        """All spans, in order of arrival."""
        return [
            Span(
                name=span.name,
                kind=span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                trace_id=span.trace_id.hex(),
                span_id=span.span_id.hex(),
                parent_id=span.parent_span_id.hex(),
                links=tuple(link.span_id.hex() for link in span.links),
                attributes=_values(span.attributes),
                failed=span.status.code == span.status.STATUS_CODE_ERROR,
                service=_values(resource.resource.attributes)["service.name"],
            )
            for path, body in self.bodies
            if path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def lines(self) -> list[Line]:
        """All log lines, in order of arrival."""
        return [
            Line(
                event=record.body.string_value,
                severity=record.severity_text,
                trace_id=record.trace_id.hex(),
                attributes=_values(record.attributes),
                service=_values(resource.resource.attributes)["service.name"],
            )
            for path, body in self.bodies
            if path == "/v1/logs"
            for resource in ExportLogsServiceRequest.FromString(body).resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    def clear(self) -> None:
        """Forget what was received."""
        self.bodies.clear()


@contextmanager
def collector() -> Iterator[Collector]:
    """A running collector."""
    received = Collector()
    received.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.bodies.append((self.path, body))
            received.arrived.set()
            received.answers.wait(30)
            self.send_response(received.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        received.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield received
        finally:
            received.answers.set()
            server.shutdown()
            thread.join()
