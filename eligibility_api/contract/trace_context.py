"""Which requests of a client belong together: W3C Trace Context, sent with each of them.

A trace's ids are random and say nothing of a person, a client or a time. The fund may record its part of a request under
them (`FUND_OTLP_URL`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

TRACEPARENT: Final = "traceparent"
"""The header's name (W3C Trace Context section 3.2)."""

_TRACE_BYTES = 16
_SPAN_BYTES = 8

_TRACE: ContextVar[str | None] = ContextVar("trace", default=None)


@contextmanager
def one_trace() -> Iterator[None]:
    """The requests inside belong to one trace: to that of the context outside, if there is one."""
    if _TRACE.get() is not None:
        yield
        return
    token = _TRACE.set(secrets.token_hex(_TRACE_BYTES))
    try:
        yield
    finally:
        _TRACE.reset(token)


def traceparent() -> str:
    """The header of the next request: of the present trace, or of one of its own. The fund decides what it records."""
    trace = _TRACE.get() or secrets.token_hex(_TRACE_BYTES)
    return f"00-{trace}-{secrets.token_hex(_SPAN_BYTES)}-01"
