"""Statements in spans: what a span says of one, and how a joint statement is linked to its requests."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer

from eligibility_api.database.traced import TracedCoalescer, summary
from tests.builders.coalesced_requests import KIND, Requests, outcomes

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1", "SELECT"),
        ("SELECT name FROM member WHERE number = 'x'", "SELECT member"),
        ("\n  INSERT INTO audit_record (kind) VALUES ($1)", "INSERT audit_record"),
        ("UPDATE enrolment SET closed_by = $1", "UPDATE enrolment"),
        ("WITH access AS (SELECT * FROM permit) SELECT * FROM access", "WITH permit"),
        ("SELECT * FROM find_members($1)", "SELECT"),
        ("SELECT extract(year FROM now()) FROM member", "SELECT member"),
        ("/* 試験 */ SELECT 1", "statement"),
        ("", "statement"),
        ("SELECT * FROM " + "a" * 100, "SELECT"),
    ],
)
def test_a_summary_has_the_first_word_and_the_first_table(statement: str, expected: str) -> None:
    assert summary(statement) == expected


class Spans:
    """A tracer, and the spans that have ended."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer: Tracer = provider.get_tracer("tests")

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == name]


@pytest.fixture
def spans() -> Spans:
    return Spans()


class TracedRequests(Requests):
    """Requests in spans of their own."""

    def __init__(self, spans: Spans) -> None:
        super().__init__()
        self._tracer = spans.tracer
        self.coalescer = TracedCoalescer(KIND, self.server.fetch, self.in_progress, spans.tracer)

    async def _rows(self, fetched: Any) -> Any:
        with self._tracer.start_as_current_span("request"):
            return await super()._rows(fetched)


def ids(spans: list[ReadableSpan]) -> set[int]:
    return {span.context.span_id for span in spans}


def linked(span: ReadableSpan) -> set[int]:
    return {link.context.span_id for link in span.links}


async def test_a_request_alone_has_one_span_without_links(spans: Spans) -> None:
    requests = TracedRequests(spans)
    [asked] = await requests.ask("a")
    await requests.end_all()
    assert await asked == ["a", "a"]
    [own], [outside] = spans.named("kind"), spans.named("request")
    assert own.parent is not None
    assert own.parent.span_id == outside.context.span_id
    assert not own.links
    assert not spans.named("kind together")


async def test_a_joint_statement_and_its_requests_are_linked_with_each_other(spans: Spans) -> None:
    requests = TracedRequests(spans)
    asked = await requests.ask("a", "b", "c")
    await requests.end_all()
    await outcomes(asked)
    [joint] = spans.named("kind together")
    own = spans.named("kind")
    together = [span for span in own if span.links]
    assert (len(own), len(together)) == (3, 2)
    assert linked(joint) == ids(together)
    assert all(linked(span) == {joint.context.span_id} for span in together)
    assert joint.parent is not None
    assert joint.parent.span_id in ids(together)
    assert joint.attributes == {
        "db.system.name": "postgresql",
        "db.query.summary": "kind together",
        "db.operation.batch.size": 2,
    }


async def test_an_error_fails_the_spans_of_those_whom_it_concerns(spans: Spans) -> None:
    requests = TracedRequests(spans)
    requests.server.failing = {"c"}
    asked = await requests.ask("a", "b", "c")
    await requests.end_all()
    assert await outcomes(asked) == [["a"] * 2, ["b"] * 2, "database-unavailable"]
    failed = [span for span in spans.named("kind") if span.status.status_code is StatusCode.ERROR]
    assert [span.attributes and span.attributes["error.type"] for span in failed] == ["ShikakuError"]
    assert all(not span.events and span.status.description is None for span in failed)


async def test_a_cancelled_request_ends_its_span(spans: Spans) -> None:
    requests = TracedRequests(spans)
    asked = await requests.ask("a", "b", "c")
    asked[1].cancel()
    await asyncio.sleep(0)
    await requests.end_all()
    await asyncio.wait(asked)
    assert len(spans.named("kind")) == 3
    [ended] = [span for span in spans.named("kind") if span.status.status_code is StatusCode.ERROR]
    assert ended.attributes is not None
    assert ended.attributes["error.type"] == "CancelledError"


async def test_statements_of_no_request_have_no_span(spans: Spans) -> None:
    requests = Requests()
    requests.coalescer = TracedCoalescer(KIND, requests.server.fetch, requests.in_progress, spans.tracer)
    asked = await requests.ask("a", "b", "c")
    await requests.end_all()
    assert await outcomes(asked) == [["a", "a"], ["b", "b"], ["c", "c"]]
    assert not trace.get_current_span().is_recording()
    assert not spans.named("kind") + spans.named("kind together")
