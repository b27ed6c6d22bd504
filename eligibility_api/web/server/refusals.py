"""Refusals of the server as bytes, made once: a refusal must cost less than the request that it answers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache  # noqa: TID251 - of the limits and their errors
from http import HTTPStatus

from prometheus_client import Counter

from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE, Problem, ShikakuError
from eligibility_api.platform.telemetry import REFUSED
from eligibility_api.web.server.limits import Limit


def refusal(
    error: ShikakuError,
    default_headers: Iterable[tuple[bytes, bytes]],
    *,
    closes: bool,
    has_body: bool = True,
) -> bytes:
    """The response that refuses a request: the catalogue's problem document (RFC 9457).

    It has no request id, since nothing is logged about it. A response to HEAD has no body.
    """
    head, body = _response(error.code, error.retry_after, closes)
    defaults = b"".join(b"%b: %b\r\n" % header for header in default_headers)
    return b"".join((head, defaults, b"\r\n", body if has_body else b""))


def count(limit: Limit) -> None:
    """Count a refusal by a limit."""
    _counter(limit.name).inc()


@cache
def _counter(limit: str) -> Counter:
    return REFUSED.labels(limit)


@cache
def _response(code: str, retry_after: int | None, closes: bool) -> tuple[bytes, bytes]:
    """Head (without its end) and body; the cache is bounded by the limits' errors."""
    error = ShikakuError(code, retry_after=retry_after)
    body = Problem.of(error).model_dump_json(exclude_none=True).encode()
    status = error.entry.status
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"content-type: {PROBLEM_MEDIA_TYPE}",
        f"content-length: {len(body)}",
        "cache-control: no-store",
    ]
    if retry_after is not None:
        lines.append(f"retry-after: {retry_after}")
    if status == HTTPStatus.UNAUTHORIZED:
        lines.append("www-authenticate: Bearer")
    if closes:
        lines.append("connection: close")
    return "".join(f"{line}\r\n" for line in lines).encode(), body
