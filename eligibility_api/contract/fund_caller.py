"""How a client calls the fund: signing in, keeping the token while it lives, sending wire models and reading them.

Whatever goes wrong comes as one family: the fund's own problem under its code, a broken line as `fund-unreachable`,
whether it is this end or a gateway that found it broken, an answer that is none as `fund-unreadable`. Nothing is ever
tried again by itself. What can be asked is in `client.py` and `insurer_client.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Self, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from eligibility_api.contract.enrolment import IDEMPOTENCY_KEY
from eligibility_api.contract.errors import CATALOGUE, ErrorKind, Problem, ShikakuError
from eligibility_api.contract.tokens import TOKEN_PATH, Credential, TokenAnswer, token_form
from eligibility_api.contract.transport import open_transport

_KEY_BYTES = 16
_RENEW_BEFORE = timedelta(seconds=30)
_GATEWAY_STATUSES = frozenset({502, 503, 504})
"""What a gateway answers when it cannot reach the fund behind it (RFC 9110 sections 15.6.3 to 15.6.5)."""

Model = TypeVar("Model", bound=BaseModel)


def problem_error(response: httpx2.Response) -> ShikakuError:
    """The error that an answer with status 400 or more stands for."""
    problem = _problem(response)
    if problem is None:
        code = "fund-unreachable" if response.status_code in _GATEWAY_STATUSES else "fund-unreadable"
        return ShikakuError(code, http_status=response.status_code)
    details = {"retry_after": problem.retry_after, "request_id": problem.request_id, "errors": problem.errors}
    return ShikakuError(problem.code, **{key: value for key, value in details.items() if value is not None})


def _problem(response: httpx2.Response) -> Problem | None:
    """The fund's own problem, or None: the answer is none of the fund's, or of another version."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return None
    return problem if problem.code in CATALOGUE else None


class FundCaller:
    """Calls of the fund by one admitted client. A context manager; not for use by several threads at a time."""

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
        line = transport or open_transport(base_url)
        self._http = httpx2.Client(base_url=base_url, transport=line, timeout=timeout_seconds)
        self._token: tuple[str, datetime] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def sign_in(self) -> str:
        """The access token: a new one unless the present one lives for another half minute.

        Where none can be had for a technical failure, the present one is used to its end.
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

    def _new_token(self, now: datetime) -> tuple[str, datetime]:
        form = token_form(self.credential, now=now, jti=secrets.token_urlsafe(16))
        answer = self._read(TokenAnswer, self._send(TOKEN_PATH, form=form))
        return answer.access_token, now + timedelta(seconds=answer.expires_in)

    def _call(self, model: type[Model], path: str, request: BaseModel) -> Model:
        return self._read(model, self._authorised(path, request))

    def _once(
        self,
        model: type[Model],
        path: str,
        request: BaseModel,
        key: str | None,
        more: Mapping[str, str] | None = None,
    ) -> Model:
        """A change that is made once however often it is asked for with the same key; a new one where None is given.
        `more`: further headers.
        """
        headers = {IDEMPOTENCY_KEY: key or secrets.token_urlsafe(_KEY_BYTES), **(more or {})}
        return self._read(model, self._send(path, body=request, token=self.sign_in(), headers=headers))

    def _get(self, model: type[Model], path: str, **query: str | int | None) -> Model:
        given = {name: value for name, value in query.items() if value is not None}
        return self._read(model, self._send(path, method="GET", query=given, token=self.sign_in()))

    def _authorised(self, path: str, request: BaseModel) -> httpx2.Response:
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
        sent = dict(headers or {})
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
            raise ShikakuError("fund-unreachable") from error
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
