"""The spans of statements, where traces are exported: each within that of its request. Imported only then.

A statement that many requests share has one span, in the trace of the request that has waited longest. It is linked to
that of each request, and each of these to it. A statement of no request has none.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg
from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer
from sqlalchemy import event

from eligibility_api.database.coalescing import Coalesced, Coalescer, Fetch, InProgress, Request, Rows
from eligibility_api.database.connections import Database

_FIRST_WORD = re.compile(r"\s{0,99}([A-Za-z]{1,12})\b")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s{1,99}([a-z][a-z0-9_.]{0,62})(?![\w(])", re.IGNORECASE)
_SPAN = "shikaku_span"


def summary(statement: str) -> str:
    """What a statement does, without any value: its first word and its first table, such as `SELECT member`."""
    word, table = _FIRST_WORD.match(statement), _TABLE.search(statement)
    return " ".join(found[1] for found in (word, table) if found) or "statement"


class TracedDatabase(Database):
    """The connections of a process whose statements have spans."""

    def __init__(self, dsn: str, *, tracer: Tracer, **more: Any) -> None:
        """As `Database`."""
        super().__init__(dsn, **more)
        self._tracer = tracer
        engine = self._engine.sync_engine
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._failed)

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        """As `Database.fetch`, in a span."""
        with statement_span(self._tracer, summary(statement)):
            return await super().fetch(statement, parameters)

    def _coalescer(self, kind: Coalesced) -> Coalescer:
        return TracedCoalescer(kind, super().fetch, self._in_progress, self._tracer)

    def _before(self, _: Any, __: Any, statement: str, ___: Any, execution: Any, ____: bool) -> None:
        if trace.get_current_span().is_recording():
            setattr(execution, _SPAN, start_span(self._tracer, summary(statement)))

    def _after(self, _: Any, __: Any, ___: str, ____: Any, execution: Any, _____: bool) -> None:
        span: Span | None = getattr(execution, _SPAN, None)
        if span is not None:
            span.end()

    def _failed(self, failure: Any) -> None:
        span: Span | None = getattr(failure.execution_context, _SPAN, None)
        if span is not None:
            _fail(span, failure.original_exception)
            span.end()


class TracedCoalescer(Coalescer):
    """Requests of one group, each with a span from its arrival to its rows."""

    def __init__(self, kind: Coalesced, fetch: Fetch, in_progress: InProgress, tracer: Tracer) -> None:
        super().__init__(kind, fetch, in_progress)
        self._tracer = tracer

    async def fetch(self, values: Mapping[str, Any]) -> Rows:
        """As `Coalescer.fetch`, in a span."""
        with statement_span(self._tracer, self._kind.name):
            return await super().fetch(values)

    def _request(self, values: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> Request:
        return TracedRequest(values, loop)

    async def _together(self, group: Sequence[Request]) -> None:
        spans = [span for request in group if (span := _span_of(request)).is_recording()]
        if not spans:
            await super()._together(group)
            return
        with statement_span(
            self._tracer, f"{self._kind.name} together", spans, **{"db.operation.batch.size": len(group)}
        ) as joint:
            for span in spans:
                span.add_link(joint.get_span_context())
            await super()._together(group)


class TracedRequest(Request):
    """One waiting request, with its span."""

    __slots__ = ("span",)

    def __init__(self, values: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(values, loop)
        self.span = trace.get_current_span()


def _span_of(request: Request) -> Span:
    assert isinstance(request, TracedRequest)
    return request.span


def start_span(tracer: Tracer, name: str, spans: Sequence[Span] = (), **attributes: Any) -> Span:
    """Start the span of a statement in the present one, or that of several requests in the first one of theirs."""
    return tracer.start_span(
        name,
        context=trace.set_span_in_context(spans[0]) if spans else None,
        kind=SpanKind.CLIENT,
        links=[Link(span.get_span_context()) for span in spans],
        attributes={"db.system.name": "postgresql", "db.query.summary": name, **attributes},
    )


@contextmanager
def statement_span(
    tracer: Tracer, name: str, spans: Sequence[Span] = (), **attributes: Any
) -> Iterator[Span]:
    """The span of a statement, which ends with it; none outside of a request."""
    if not spans and not trace.get_current_span().is_recording():
        yield trace.INVALID_SPAN
        return
    span = start_span(tracer, name, spans, **attributes)
    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except BaseException as error:
            _fail(span, error)
            raise
        finally:
            span.end()


def _fail(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(StatusCode.ERROR)
