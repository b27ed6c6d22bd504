"""The fund's client: every failure is a ShikakuError."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Right
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.errors import Problem, ShikakuError
from eligibility_api.contract.examples import ELIGIBILITY
from eligibility_api.contract.references import ReferenceRegistration, ReferenceRegistrations
from tests.unit.eligibility_api.contract.client_ends import NOW, client_at


def error_at(handle: Callable[[httpx2.Request], httpx2.Response]) -> ShikakuError:
    """What signing in raises where the line answers so."""
    with client_at(handle) as client, pytest.raises(ShikakuError) as caught:
        client.sign_in()
    return caught.value


def raising(error: type[httpx2.RequestError]) -> Callable[[httpx2.Request], httpx2.Response]:
    def handle(request: httpx2.Request) -> httpx2.Response:
        raise error("broken", request=request)

    return handle


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError, httpx2.DecodingError]
)
def test_a_failed_connection_is_fund_unreachable(error: type[httpx2.RequestError]) -> None:
    assert error_at(raising(error)).code == "fund-unreachable"


def test_a_truncated_response_is_fund_unreachable() -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        stream = httpx2.ByteStream(b"no gzip")
        return httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=stream)

    assert error_at(handle).code == "fund-unreachable"


@pytest.mark.parametrize("body", ["", "<html>Bad Gateway</html>", '{"error": "upstream"}'])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (502, "fund-unreachable"),
        (503, "fund-unreachable"),
        (504, "fund-unreachable"),
        (400, "proxy-refused"),
        (403, "proxy-refused"),
        (495, "proxy-refused"),
        (496, "proxy-refused"),
        (401, "fund-unreadable"),
        (404, "fund-unreadable"),
        (500, "fund-unreadable"),
    ],
)
def test_statuses_of_proxies_have_their_codes_and_other_foreign_responses_are_unreadable(
    status: int, code: str, body: str
) -> None:
    error = error_at(lambda _: httpx2.Response(status, text=body))
    assert (error.code, error.details) == (code, {"http_status": status})


def test_a_problem_document_keeps_its_code_whatever_its_status() -> None:
    problem = Problem.of(ShikakuError("overloaded", retry_after=3), request_id="request-1")
    error = error_at(lambda _: httpx2.Response(503, content=problem.model_dump_json()))
    assert (error.code, error.details) == ("overloaded", {"retry_after": 3, "request_id": "request-1"})


def test_a_code_of_another_version_is_unreadable() -> None:
    problem = Problem.of(ShikakuError("request-invalid")).model_copy(update={"code": "of-another-version"})
    assert (
        error_at(lambda _: httpx2.Response(422, content=problem.model_dump_json())).code == "fund-unreadable"
    )


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"access_token": 1}'])
def test_a_malformed_response_is_unreadable(body: str) -> None:
    assert error_at(lambda _: httpx2.Response(200, text=body)).code == "fund-unreadable"


def batch_of(rows: int, answered: int, page: int) -> Callable[[httpx2.Request], httpx2.Response]:
    """A fund with a batch, of which it gives `page` results at a time."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/token":
            return httpx2.Response(
                200, json={"access_token": "token", "token_type": "Bearer", "expires_in": 300, "scope": ""}
            )
        after = int(request.url.params["after"])
        given = range(after + 1, min(after + page, answered) + 1)
        lines = [json.dumps({"row": row, "tag": None, "code": "client-closed"}) + "\n" for row in given]
        last = given[-1] if given else after
        link = {"Link": f'<?after={last}>; rel="next"'} if last < rows else {}
        return httpx2.Response(200, text="".join(lines), headers=link)

    return handle


@pytest.mark.parametrize(("rows", "answered"), [(5, 5), (6, 6), (7, 5), (7, 6), (7, 0)])
@pytest.mark.parametrize("after", [0, 2])
def test_batch_results_are_fetched_page_by_page(rows: int, answered: int, after: int) -> None:
    with client_at(batch_of(rows, answered, page=3)) as client:
        results = list(client.batch_results("batch", after=after))
    assert [result.row for result in results] == list(range(after + 1, answered + 1))


MEMBERSHIP: dict[str, Any] = {"insurer_number": "01130012", "number": "1", "birth_date": date(1980, 5, 17)}
REFERENCE = ReferenceRegistration(**MEMBERSHIP, reference_number="P-1")


@pytest.mark.parametrize(
    ("call", "route", "answer"),
    [
        (
            lambda c: c.check_number(NumberCheckRequest(**MEMBERSHIP)),
            "POST /v1/eligibility/number",
            ELIGIBILITY,
        ),
        (lambda c: c.answer_record("r-1"), "GET /v1/eligibility/answers/r-1", ELIGIBILITY),
        (
            lambda c: c.register_reference(REFERENCE),
            "POST /v1/reference-numbers",
            {"outcome": "registered"},
        ),
        (
            lambda c: c.register_references(ReferenceRegistrations(registrations=(REFERENCE,))),
            "POST /v1/reference-numbers/bulk",
            {"registrations": [{"outcome": "reference-not-found"}]},
        ),
    ],
)
def test_each_call_uses_its_route_and_parses_its_response(
    call: Callable[[FundClient], BaseModel], route: str, answer: dict[str, Any]
) -> None:
    went: list[str] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/token":
            return httpx2.Response(
                200, json={"access_token": "token", "token_type": "Bearer", "expires_in": 300, "scope": ""}
            )
        went.append(f"{request.method} {request.url.path}")
        return httpx2.Response(200, json=answer)

    with client_at(handle) as client:
        given = call(client)
    assert went == [route]
    assert type(given).model_validate(answer) == given


class Endpoint:
    """A token endpoint that answers once, and then is down, or refuses."""

    def __init__(self, afterwards: Callable[[httpx2.Request], httpx2.Response]) -> None:
        self.asked = 0
        self._afterwards = afterwards

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        if self.asked > 1:
            return self._afterwards(request)
        return httpx2.Response(
            200, json={"access_token": "first", "token_type": "Bearer", "expires_in": 300, "scope": ""}
        )


def test_a_token_that_cannot_be_renewed_is_used_until_it_expires() -> None:
    at = [NOW, NOW + timedelta(seconds=269), NOW + timedelta(seconds=299), NOW + timedelta(seconds=300)]
    endpoint = Endpoint(lambda _: httpx2.Response(503))
    with client_at(endpoint, lambda: at[0]) as client:
        assert (client.sign_in(), endpoint.asked) == ("first", 1)
        at.pop(0)
        assert (client.sign_in(), endpoint.asked) == ("first", 1)
        at.pop(0)
        assert (client.sign_in(), endpoint.asked) == ("first", 2)
        at.pop(0)
        with pytest.raises(ShikakuError, match="fund-unreachable"):
            client.sign_in()


def test_a_client_that_is_refused_a_token_stops_using_the_former_one() -> None:
    refusal = Problem.of(ShikakuError("assertion-invalid")).model_dump(mode="json", exclude_none=True)
    at = [NOW, NOW + timedelta(seconds=299)]
    with client_at(Endpoint(lambda _: httpx2.Response(401, json=refusal)), lambda: at[0]) as client:
        client.sign_in()
        at.pop(0)
        with pytest.raises(ShikakuError, match="assertion-invalid"):
            client.sign_in()


@pytest.mark.parametrize(
    ("scope", "rights"),
    [
        ("", frozenset()),
        ("eligibility emergency", {Right.ELIGIBILITY, Right.EMERGENCY}),
        ("eligibility of-a-later-version", {Right.ELIGIBILITY}),
    ],
)
def test_the_rights_are_the_scope_of_the_token(scope: str, rights: frozenset[Right]) -> None:
    token = {"access_token": "first", "token_type": "Bearer", "expires_in": 300, "scope": scope}
    with client_at(lambda _: httpx2.Response(200, json=token)) as client:
        assert client.rights() == rights


def ends_tokens(times: int, sent: list[str]) -> Callable[[httpx2.Request], httpx2.Response]:
    """A fund that ends its first tokens early; `sent`: every path, and the token with which it was called."""
    tokens = iter(range(100))

    def handle(request: httpx2.Request) -> httpx2.Response:
        token = request.headers.get("Authorization", "")
        sent.append(f"{request.url.path} {token}".strip())
        if request.url.path == "/v1/token":
            number = next(tokens)
            answer = {"access_token": f"t{number}", "token_type": "Bearer", "expires_in": 300, "scope": ""}
            return httpx2.Response(200, json=answer)
        if token in {f"Bearer t{number}" for number in range(times)}:
            problem = Problem.of(ShikakuError("token-expired"))
            return httpx2.Response(401, content=problem.model_dump_json())
        return httpx2.Response(200, json=ELIGIBILITY)

    return handle


def test_a_token_that_the_fund_ends_early_is_renewed_once() -> None:
    sent: list[str] = []
    with client_at(ends_tokens(1, sent)) as client:
        assert client.check_number(NumberCheckRequest(**MEMBERSHIP)).validity == ELIGIBILITY["validity"]
    number = "/v1/eligibility/number"
    assert sent == ["/v1/token", f"{number} Bearer t0", "/v1/token", f"{number} Bearer t1"]


def test_a_fund_that_ends_every_token_is_not_asked_without_end() -> None:
    sent: list[str] = []
    with client_at(ends_tokens(100, sent)) as client, pytest.raises(ShikakuError) as caught:
        client.check_number(NumberCheckRequest(**MEMBERSHIP))
    assert (caught.value.code, len(sent)) == ("token-expired", 4)
