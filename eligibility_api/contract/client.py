"""A thin typed client of the fund, for programs that stand on the other side of the line.

It signs in, keeps its token while that lives, sends wire models and returns wire models. Whatever goes wrong comes
as one family: the fund's own problem under its code, a broken line as `fund-unreachable`, whether it is this end or a
gateway that found it broken, an answer that is none as `fund-unreadable`. It never tries anything again by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.enrolment import EndRequest, EnrolmentAnswer, EnrolmentRequest
from eligibility_api.contract.errors import CATALOGUE, Problem, ShikakuError
from eligibility_api.contract.line import open_line
from eligibility_api.contract.presence import ChallengeAnswer, ChallengeRequest
from eligibility_api.contract.registration import RegistrationAnswer, RegistrationRequest
from eligibility_api.contract.tokens import TOKEN_PATH, Credential, TokenAnswer, token_form

_RENEW_BEFORE = timedelta(seconds=30)
_GATEWAY_STATUSES = frozenset({502, 503, 504})
"""What a gateway answers when it cannot reach the fund behind it (RFC 9110 sections 15.6.3 to 15.6.5)."""

_ELIGIBILITY: TypeAdapter[EligibilityAnswer | UnchangedAnswer] = TypeAdapter(
    EligibilityAnswer | UnchangedAnswer
)

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


class FundClient:
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
        line = transport or open_line(base_url)
        self._http = httpx2.Client(base_url=base_url, transport=line, timeout=timeout_seconds)
        self._token: tuple[str, datetime] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def sign_in(self) -> str:
        """The access token: a new one unless the present one lives for another half minute."""
        now = self._clock()
        if self._token is None or self._token[1] - _RENEW_BEFORE <= now:
            form = token_form(self.credential, now=now, jti=secrets.token_urlsafe(16))
            answer = self._read(TokenAnswer, self._send(TOKEN_PATH, form=form))
            self._token = (answer.access_token, now + timedelta(seconds=answer.expires_in))
        return self._token[0]

    def challenge(self, purpose: Purpose) -> ChallengeAnswer:
        """A new challenge for `purpose`."""
        return self._call(ChallengeAnswer, "/v1/presence/challenges", ChallengeRequest(purpose=purpose))

    def check_card(self, request: CardCheckRequest) -> EligibilityAnswer | UnchangedAnswer:
        """Eligibility for a card's proof, with the PIN or, for a `VisualCheckRequest`, without it."""
        visual = isinstance(request, VisualCheckRequest)
        path = "/v1/eligibility/visual-check" if visual else "/v1/eligibility/card"
        return self._read(_ELIGIBILITY, self._authorised(path, request))

    def register(self, request: RegistrationRequest) -> RegistrationAnswer:
        """The first registration of a card."""
        return self._call(RegistrationAnswer, "/v1/registrations", request)

    def enrol(self, request: EnrolmentRequest) -> EnrolmentAnswer:
        """Add one member."""
        return self._call(EnrolmentAnswer, "/v1/enrolments", request)

    def end_enrolment(self, request: EndRequest) -> EnrolmentAnswer:
        """End one member's current enrolment."""
        return self._call(EnrolmentAnswer, "/v1/enrolments/end", request)

    def _call(self, model: type[Model], path: str, request: BaseModel) -> Model:
        return self._read(model, self._authorised(path, request))

    def _authorised(self, path: str, request: BaseModel) -> httpx2.Response:
        return self._send(path, body=request, token=self.sign_in())

    def _send(
        self,
        path: str,
        *,
        body: BaseModel | None = None,
        form: dict[str, str] | None = None,
        token: str | None = None,
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = body.model_dump_json(exclude_none=True) if body is not None else None
        try:
            response = self._http.post(path, content=content, data=form, headers=headers)
        except httpx2.RequestError as error:
            raise ShikakuError("fund-unreachable") from error
        if response.status_code >= 400:
            raise problem_error(response)
        return response

    @staticmethod
    def _read(model: type[Model] | TypeAdapter[Model], response: httpx2.Response) -> Model:
        adapter = model if isinstance(model, TypeAdapter) else TypeAdapter(model)
        try:
            return adapter.validate_json(response.content)
        except ValidationError as error:
            raise ShikakuError("fund-unreadable", http_status=response.status_code) from error
