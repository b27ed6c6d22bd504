"""The fund's client: whatever goes wrong on the line comes as one family."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest
from joserfc.jwk import ECKey

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import Problem, ShikakuError
from eligibility_api.contract.tokens import Credential

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def error_at(handle: Callable[[httpx2.Request], httpx2.Response]) -> ShikakuError:
    """What signing in raises where the line answers so."""
    credential = Credential(
        client_id="terminal-1",
        audience="urn:shikaku:test",
        private_key=dict(ECKey.generate_key("P-256").as_dict(private=True)),
    )
    transport = httpx2.MockTransport(handle)
    client = FundClient("http://127.0.0.1:8400", credential, clock=lambda: NOW, transport=transport)
    with client, pytest.raises(ShikakuError) as caught:
        client.sign_in()
    return caught.value


def raising(error: type[httpx2.RequestError]) -> Callable[[httpx2.Request], httpx2.Response]:
    def handle(request: httpx2.Request) -> httpx2.Response:
        raise error("broken", request=request)

    return handle


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError, httpx2.DecodingError]
)
def test_a_broken_line_is_fund_unreachable(error: type[httpx2.RequestError]) -> None:
    assert error_at(raising(error)).code == "fund-unreachable"


def test_an_answer_cut_in_the_middle_of_its_encoding_is_fund_unreachable() -> None:
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
        (400, "fund-unreadable"),
        (404, "fund-unreadable"),
        (500, "fund-unreadable"),
    ],
)
def test_a_gateways_answer_is_a_broken_line_and_another_strangers_is_unreadable(
    status: int, code: str, body: str
) -> None:
    error = error_at(lambda _: httpx2.Response(status, text=body))
    assert (error.code, error.details) == (code, {"http_status": status})


def test_the_funds_own_problem_keeps_its_code_whatever_its_status() -> None:
    problem = Problem.of(ShikakuError("overloaded", retry_after=3), request_id="request-1")
    error = error_at(lambda _: httpx2.Response(503, content=problem.model_dump_json()))
    assert (error.code, error.details) == ("overloaded", {"retry_after": 3, "request_id": "request-1"})


def test_a_code_of_another_version_is_unreadable() -> None:
    problem = Problem.of(ShikakuError("request-invalid")).model_copy(update={"code": "of-another-version"})
    assert (
        error_at(lambda _: httpx2.Response(422, content=problem.model_dump_json())).code == "fund-unreadable"
    )


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"access_token": 1}'])
def test_an_answer_of_another_form_is_unreadable(body: str) -> None:
    assert error_at(lambda _: httpx2.Response(200, text=body)).code == "fund-unreadable"
