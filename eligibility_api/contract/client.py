"""A thin typed client of the fund, for programs that stand on the other side of the line.

It signs in, keeps its token while that lives, sends wire models and returns wire models. Whatever goes wrong comes
as one family: the fund's own problem under its code, a broken line as `fund-unreachable`, whether it is this end or a
gateway that found it broken, an answer that is none as `fund-unreadable`. It never tries anything again by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Self, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from eligibility_api.contract.batches import BATCHES_PATH, BatchAnswer, BatchRequest, BatchResult
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    NumberCheckRequest,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.errors import CATALOGUE, Problem, ShikakuError
from eligibility_api.contract.line import open_line
from eligibility_api.contract.presence import ChallengeAnswer, ChallengeRequest
from eligibility_api.contract.references import (
    ReferenceAnswer,
    ReferenceAnswers,
    ReferenceRegistration,
    ReferenceRegistrations,
)
from eligibility_api.contract.registration import RegistrationAnswer, RegistrationRequest
from eligibility_api.contract.tokens import TOKEN_PATH, Credential, TokenAnswer, token_form

_RENEW_BEFORE = timedelta(seconds=30)
_GATEWAY_STATUSES = frozenset({502, 503, 504})
"""What a gateway answers when it cannot reach the fund behind it (RFC 9110 sections 15.6.3 to 15.6.5)."""

_ELIGIBILITY: TypeAdapter[EligibilityAnswer | UnchangedAnswer] = TypeAdapter(
    EligibilityAnswer | UnchangedAnswer
)
_BATCH_RESULT = TypeAdapter(BatchResult)

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

    def check_number(self, request: NumberCheckRequest) -> EligibilityAnswer | UnchangedAnswer:
        """Eligibility by the numbers of a certificate."""
        return self._read(_ELIGIBILITY, self._authorised("/v1/eligibility/number", request))

    def answer_record(self, record_id: str) -> EligibilityAnswer | UnchangedAnswer:
        """An earlier answer to this terminal's facility, by its record."""
        path = f"/v1/eligibility/answers/{record_id}"
        return self._read(_ELIGIBILITY, self._send(path, method="GET", token=self.sign_in()))

    def register_reference(self, request: ReferenceRegistration) -> ReferenceAnswer:
        """Register the facility's own number for a person."""
        return self._call(ReferenceAnswer, "/v1/reference-numbers", request)

    def register_references(self, request: ReferenceRegistrations) -> ReferenceAnswers:
        """Register many, each on its own."""
        return self._call(ReferenceAnswers, "/v1/reference-numbers/bulk", request)

    def start_batch(self, request: BatchRequest) -> BatchAnswer:
        """Hand in a batch of look-ups by number."""
        return self._call(BatchAnswer, BATCHES_PATH, request)

    def batch(self, batch_id: str) -> BatchAnswer:
        """How far a batch is."""
        return self._get(BatchAnswer, f"{BATCHES_PATH}/{batch_id}")

    def batch_results(self, batch_id: str, *, after: int = 0) -> Iterator[BatchResult]:
        """The results behind row `after`, as far as rows are answered by now; whoever wants the rest comes again."""
        path = f"{BATCHES_PATH}/{batch_id}/results"
        while True:
            page = self._send(path, method="GET", query={"after": after}, token=self.sign_in())
            for line in page.content.splitlines():
                result = self._parsed(_BATCH_RESULT, line, page)
                after = result.row
                yield result
            if not page.content or "next" not in page.links:
                return

    def register(self, request: RegistrationRequest) -> RegistrationAnswer:
        """The first registration of a card."""
        return self._call(RegistrationAnswer, "/v1/registrations", request)

    def _call(self, model: type[Model], path: str, request: BaseModel) -> Model:
        return self._read(model, self._authorised(path, request))

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
