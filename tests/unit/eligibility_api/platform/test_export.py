"""The export to a collector: off unless set, filtered, bounded, and ended in time."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags, TraceState
from pydantic import ValidationError

from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.export import ALLOWED_ATTRIBUTES, MAX_WAITING, Export, allowed
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import ALLOWED_FIELDS, set_up_logging, set_up_telemetry
from eligibility_api.web.tracing import NO_TRACING
from tests.builders.collector import Collector, collector

pytestmark = pytest.mark.slow

SECRET = "試験　見本"
PATIENCE_SECONDS = 60.0
STATE = TraceState([("number", "1234567")])


@pytest.fixture
def received() -> Iterator[Collector]:
    with collector() as running:
        yield running


@pytest.fixture
def export(received: Collector) -> Iterator[Export]:
    sending = Export(Settings(otlp_url=received.url), "fund-test")
    yield sending
    received.answers.set()
    end(sending)


def end(sending: Export) -> None:
    """End an export with its threads: they wait for random times, which would disturb other tests' examples."""
    sending.close()
    assert sending._ended.wait(PATIENCE_SECONDS)


def context(span_id: int, state: TraceState | None = None) -> SpanContext:
    return SpanContext(1, span_id, is_remote=False, trace_flags=TraceFlags(1), trace_state=state)


def test_of_a_span_only_what_is_listed_is_exported() -> None:
    span = ReadableSpan(
        name="POST /v1/eligibility/card",
        context=context(2, STATE),
        parent=context(1, STATE),
        attributes=dict.fromkeys(ALLOWED_ATTRIBUTES, "x")
        | {"url.path": SECRET, "url.query": SECRET, "server.address": SECRET, "exception.message": SECRET},
        events=[Event(SECRET, {"exception.message": SECRET})],
        links=[Link(context(3, STATE), {"name": SECRET})],
        status=Status(StatusCode.ERROR, SECRET),
    )
    passed = allowed(span)
    assert passed.attributes is not None
    assert set(passed.attributes) == ALLOWED_ATTRIBUTES
    assert (passed.events, passed.status.description) == ((), None)
    assert passed.status.status_code is StatusCode.ERROR
    [link] = passed.links
    assert (link.context.span_id, link.attributes) == (3, None)
    assert passed.parent is not None
    for kept, span_id in ((passed.context, 2), (passed.parent, 1), (link.context, 3)):
        assert (kept.trace_id, kept.span_id, len(kept.trace_state)) == (1, span_id, 0)


def test_a_log_line_is_exported_as_it_is_written(
    export: Export, received: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up_logging(export)
    with trace.use_span(export.tracer.start_span("one")) as span:
        structlog.get_logger().warning("failed", status=503, ms=1.5, code=None, name=SECRET, url=SECRET)
        structlog.get_logger().debug("unheard")
    set_up_logging()
    structlog.get_logger().warning("later")
    structlog.reset_defaults()
    export.flush()
    [line] = received.lines
    trace_id = trace.format_trace_id(span.get_span_context().trace_id)
    assert (line.event, line.severity, line.trace_id) == ("failed", "WARNING", trace_id)
    assert line.attributes == {"status": 503, "ms": 1.5, "trace_id": trace_id}
    assert line.attributes.keys() <= ALLOWED_FIELDS


@pytest.mark.parametrize(
    ("ratio", "flags", "exported"),
    [(1.0, "01", True), (1.0, "00", True), (0.0, "01", False), (0.0, "00", False)],
)
def test_how_much_is_recorded_is_not_the_callers_decision(
    received: Collector, ratio: float, flags: str, exported: bool
) -> None:
    sending = Export(Settings(otlp_url=received.url, traces_ratio=ratio), "fund-test")
    parent = propagate.extract({"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-{flags}"})
    sending.tracer.start_span("one", context=parent).end()
    end(sending)
    assert bool(received.spans) is exported


def test_what_waits_for_a_slow_collector_is_bounded_and_delays_nobody(
    export: Export, received: Collector
) -> None:
    received.answers.clear()
    set_up_logging(export)
    began = time.process_time()
    for _ in range(MAX_WAITING + 2_000):
        export.tracer.start_span("one").end()
        export.export_line(None, "info", {"event": "one", "level": "info"})
    took = time.process_time() - began
    set_up_logging()
    structlog.reset_defaults()
    assert took / (MAX_WAITING + 2_000) < 0.002
    for processor in (export._spans, export._lines):
        assert len(processor._batch_processor._queue) <= MAX_WAITING


def test_the_end_waits_for_what_was_recorded_and_not_for_a_collector_that_hangs(received: Collector) -> None:
    for hangs in (False, True):
        sending = Export(Settings(otlp_url=received.url), "fund-test")
        if hangs:
            received.answers.clear()
        sending.tracer.start_span("last").end()
        began = time.monotonic()
        sending.close()
        assert time.monotonic() - began < 10
        received.answers.set()
        end(sending)
    assert [span.name for span in received.spans][:1] == ["last"]


def test_without_the_setting_nothing_of_it_is_imported() -> None:
    program = """
import sys
import clinic_terminal.cli
print(sorted(name for name in sys.modules if name.startswith("opentelemetry")))
from eligibility_api import app, background, jobs, scheduler, serve
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_telemetry
assert set_up_telemetry(Settings(), "fund-test") is None
app.build(None)
own = {"eligibility_api.platform.export", "eligibility_api.web.traced", "eligibility_api.database.traced"}
theirs = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "requests")
print(sorted(name for name in sys.modules if name in own or name.startswith(theirs)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"FUND_HOME": "unused"},
    )
    assert done.stdout == "[]\n[]\n"


def test_a_collector_without_the_packages_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "eligibility_api.platform.export", None)
    with pytest.raises(OperatorError, match=r"needs the extra `otel`"):
        set_up_telemetry(Settings(otlp_url="http://127.0.0.1:4318"), "fund-test")


@pytest.mark.parametrize(
    "given",
    [
        {"otlp_url": "collector:4318"},
        {"otlp_url": "ftp://collector"},
        {"otlp_url": "http://user:password@collector:4318"},
        {"otlp_url": "http://collector:4318?key=1"},
        {"otlp_url": "http://" + "c" * 200},
    ],
    ids=["no scheme", "another scheme", "a password", "a query", "too long"],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**given)


def test_the_address_of_a_collector_may_end_with_a_slash() -> None:
    assert Settings(otlp_url="https://collector.example/otlp/").otlp_url == "https://collector.example/otlp"


def test_no_program_exports_by_the_frameworks_own_variables() -> None:
    """Those would export paths and texts of exceptions (`FASTAPI_OTEL_AUTO_CONFIGURE`)."""
    root = Path(__file__).parents[4]
    programs = (
        "clinic_terminal",
        "eligibility_api",
        "jpki_mock",
        "payer_mock",
        "sandbox",
        "screens",
        "shikaku",
    )
    calls = {
        f"{path.relative_to(root)}:{call.lineno}": {
            word.arg: ast.unparse(word.value) for word in call.keywords
        }
        for program in programs
        for path in (root / program).rglob("*.py")
        if "API(" in (text := path.read_text(encoding="utf-8"))
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in {"FastAPI", "DescribedAPI", "fastapi.FastAPI"}
    }
    assert len(calls) >= 6
    stated = {"{'auto_configure': False}", "tracing.of_framework"}
    assert {place for place, words in calls.items() if words.get("telemetry") not in stated} == set()
    assert NO_TRACING.of_framework == {
        "tracing": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
    }
