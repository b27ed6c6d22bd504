"""The span of each request, where traces are exported: of the framework's requests FastAPI's own, of the others ours.

The caller's trace goes on (`traceparent`), and its id is in the log line and in a problem's answer. Imported only then.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from eligibility_api.contract.trace_context import TRACEPARENT
from eligibility_api.platform.export import present_trace
from eligibility_api.web.headers import headers_of
from eligibility_api.web.middleware import AccessLog
from eligibility_api.web.server.direct import DirectAnswer

_FIRST_SERVER_ERROR = 500


class TracedAccessLog(AccessLog):
    """The access log inside of a span that the framework opened."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        span = trace.get_current_span()
        state = _begin(scope)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                _note_code(span, state)
            await send(message)

        await super().__call__(scope, receive, noting)


def traced(answer_directly: DirectAnswer, tracer: Tracer) -> DirectAnswer:
    """The same direct answers, each in a span."""

    def answer(scope: Scope, body: bytes) -> Awaitable[Response] | None:
        direct = answer_directly(scope, body)
        return None if direct is None else _in_span(tracer, scope, direct)

    return answer


async def _in_span(tracer: Tracer, scope: Scope, answer: Awaitable[Response]) -> Response:
    method, route = scope["method"], scope["route"].path
    span = tracer.start_span(
        f"{method} {route}",
        context=propagate.extract(_carrier(scope)),
        kind=SpanKind.SERVER,
        attributes={
            "http.request.method": method,
            "http.route": route,
            "network.protocol.version": scope["http_version"],
            "url.scheme": scope["scheme"],
        },
    )
    # For the rest of the request's task: its log line comes after the answer.
    context.attach(trace.set_span_in_context(span))
    state = _begin(scope)
    try:
        response = await answer
        span.set_attribute("http.response.status_code", response.status_code)
        if response.status_code >= _FIRST_SERVER_ERROR:
            _fail(span, str(response.status_code))
        _note_code(span, state)
        return response
    except BaseException as error:
        _fail(span, type(error).__name__)
        raise
    finally:
        span.end()


def _carrier(scope: Scope) -> dict[str, str]:
    found = headers_of(scope).get(TRACEPARENT.encode())
    return {} if found is None else {TRACEPARENT: found.decode("latin-1")}


def _begin(scope: Scope) -> dict[str, Any]:
    """Note the present trace for a problem's answer; returns the request's state."""
    state: dict[str, Any] = scope.setdefault("state", {})
    found = present_trace()
    if found is not None:
        state["trace_id"] = found
    return state


def _note_code(span: Span, state: dict[str, Any]) -> None:
    code = state.get("problem_code")
    if code is not None:
        span.set_attribute("shikaku.code", code)


def _fail(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
