"""Transport of the fund's clients: sign-in, token cache, and encoding and decoding of wire models.

Every failure is a ShikakuError: the fund's own problem under its code, a failed connection (also one reported
by a gateway) as `fund-unreachable`, a refusal by a proxy before the fund as `proxy-refused`, an undecodable response as
`fund-unreadable`. Nothing is retried, but a request
whose token the fund does not accept any more is sent once more with a new one. A call with its sign-in is one trace. The
calls are in `client.py` and `insurer_client.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from eligibility_api.contract.codes import Right
from eligibility_api.contract.enrolment import IDEMPOTENCY_KEY
from eligibility_api.contract.errors import CATALOGUE, ErrorKind, Problem, ShikakuError
from eligibility_api.contract.tokens import TOKEN_PATH, Credential, TokenAnswer, token_form
from eligibility_api.contract.trace_context import TRACEPARENT, one_trace, traceparent
from eligibility_api.contract.transport import is_tls_refusal, open_transport

_KEY_BYTES = 16
_RENEW_BEFORE = timedelta(seconds=30)
_GATEWAY_STATUSES = frozenset({502, 503, 504})
"""Statuses of a gateway that cannot reach the fund (RFC 9110 sections 15.6.3 to 15.6.5)."""

_ENDED = frozenset({"token-expired", "token-invalid"})
"""The fund's refusals of a token that it ended early: the second one if it was signed by a key that was lost."""

_PROXY_REFUSALS = frozenset({400, 403, 495, 496})
"""Statuses of a proxy that accepts no request with this client certificate; the fund's own come with a problem."""

Model = TypeVar("Model", bound=BaseModel)


def problem_error(response: httpx2.Response) -> ShikakuError:
    """The error for a response with status 400 or more."""
    problem = _problem(response)
    if problem is None:
        return ShikakuError(_code_without_problem(response.status_code), http_status=response.status_code)
    names = ("retry_after", "request_id", "trace_id", "errors")
    details = {name: getattr(problem, name) for name in names}
    return ShikakuError(problem.code, **{key: value for key, value in details.items() if value is not None})


def _code_without_problem(status: int) -> str:
    if status in _PROXY_REFUSALS:
        return "proxy-refused"
    return "fund-unreachable" if status in _GATEWAY_STATUSES else "fund-unreadable"


def _problem(response: httpx2.Response) -> Problem | None:
    """The fund's problem document; None if the response is not the fund's, or of another version."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return None
    return problem if problem.code in CATALOGUE else None


class FundCaller:
    """Calls of one admitted client. A context manager; not safe for concurrent use by several threads."""

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        *,
        clock: Callable[[], datetime],
        transport: httpx2.BaseTransport | None = None,
        timeout_seconds: float = 10.0,
    ) -> None:
        self.credential = credential
        self._clock = clock
        self._http = httpx2.Client(
            base_url=base_url, transport=transport or open_transport(base_url), timeout=timeout_seconds
        )
        self._token: tuple[str, datetime] | None = None
        self._rights: frozenset[Right] = frozenset()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def sign_in(self) -> str:
        """The access token; renewed half a minute before it expires.

        If renewal fails for a technical reason, the present token is used until it expires.
        """
        now = self._clock()
        if self._token is None or self._token[1] - _RENEW_BEFORE <= now:
            try:
                self._token = self._new_token(now)
            except ShikakuError as error:
                if (
                    error.entry.kind is not ErrorKind.TECHNICAL
                    or self._token is None
                    or self._token[1] <= now
                ):
                    raise
        return self._token[0]

    def rights(self) -> frozenset[Right]:
        """What the fund permits this client: the scope of its access token."""
        self.sign_in()
        return self._rights

    def _new_token(self, now: datetime) -> tuple[str, datetime]:
        form = token_form(self.credential, now=now, jti=secrets.token_urlsafe(16))
        answer = self._read(TokenAnswer, self._send(TOKEN_PATH, form=form))
        granted = answer.scope.split()
        self._rights = frozenset(right for right in Right if right in granted)
        return answer.access_token, now + timedelta(seconds=answer.expires_in)

    def _call(self, model: type[Model], path: str, request: BaseModel) -> Model:
        return self._read(model, self._post(path, request))

    def _post_idempotent(
        self,
        model: type[Model],
        path: str,
        request: BaseModel,
        key: str | None,
        more: Mapping[str, str] | None = None,
    ) -> Model:
        """Send a change with an idempotency key (a new one if None), so that it is applied once.

        `more`: further headers.
        """
        headers = {IDEMPOTENCY_KEY: key or secrets.token_urlsafe(_KEY_BYTES), **(more or {})}
        with one_trace():
            return self._read(model, self._send(path, body=request, token=self.sign_in(), headers=headers))

    def _get(self, model: type[Model], path: str, **query: str | int | None) -> Model:
        given = {name: value for name, value in query.items() if value is not None}
        with one_trace():
            return self._read(model, self._send(path, method="GET", query=given, token=self.sign_in()))

    def _post(self, path: str, request: BaseModel) -> httpx2.Response:
        with one_trace():
            return self._send(path, body=request, token=self.sign_in())

    def _send(
        self,
        path: str,
        *,
        body: BaseModel | None = None,
        form: dict[str, str] | None = None,
        stream: Iterable[bytes] | None = None,
        token: str | None = None,
        method: str = "POST",
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Send a request. The fund may end a token early: then nothing was done, and it is sent again, unless a stream."""
        request: dict[str, Any] = {
            "body": body,
            "form": form,
            "stream": stream,
            "method": method,
            "query": query,
            "headers": headers,
        }
        with one_trace():
            try:
                return self._send_once(path, token=token, **request)
            except ShikakuError as error:
                if error.code not in _ENDED or token is None or stream is not None:
                    raise
            self._token = None
            return self._send_once(path, token=self.sign_in(), **request)

    def _send_once(
        self,
        path: str,
        *,
        body: BaseModel | None,
        form: dict[str, str] | None,
        stream: Iterable[bytes] | None,
        token: str | None,
        method: str,
        query: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx2.Response:
        sent = {TRACEPARENT: traceparent(), **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        content = body.model_dump_json(exclude_none=True) if body is not None else stream
        try:
            response = self._http.request(
                method, path, content=content, data=form, params=query, headers=sent
            )
        except httpx2.RequestError as error:
            refused = is_tls_refusal(error)
            raise ShikakuError("proxy-refused" if refused else "fund-unreachable") from error
        if response.status_code >= 400:
            raise problem_error(response)
        return response

    @classmethod
    def _read(cls, model: type[Model] | TypeAdapter[Model], response: httpx2.Response) -> Model:
        return cls._parsed(model, response.content, response)

    @staticmethod
    def _parsed(model: type[Model] | TypeAdapter[Model], content: bytes, response: httpx2.Response) -> Model:
        adapter = model if isinstance(model, TypeAdapter) else TypeAdapter(model)
        try:
            return adapter.validate_json(content)
        except ValidationError as error:
            raise ShikakuError("fund-unreadable", http_status=response.status_code) from error
