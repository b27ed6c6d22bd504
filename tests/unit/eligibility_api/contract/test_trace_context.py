"""`traceparent` goes with every request, and shows which of them belong together."""

from __future__ import annotations

import re
from datetime import date

import httpx2

from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.errors import Problem, ShikakuError
from eligibility_api.contract.examples import ELIGIBILITY
from eligibility_api.contract.trace_context import one_trace
from tests.unit.eligibility_api.contract.client_ends import client_at

ASKED = NumberCheckRequest(insurer_number="01130012", number="1", birth_date=date(1980, 5, 17))


class Fund:
    """Keeps the headers of the requests; a token may be refused once as expired."""

    def __init__(self, *, expires: bool = False) -> None:
        self.sent: list[tuple[str, str]] = []
        self._expires = expires

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        header = request.headers["traceparent"]
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", header)
        _, trace, span, _ = header.split("-")
        self.sent.append((trace, span))
        if request.url.path == "/v1/token":
            answer = {"access_token": "token", "token_type": "Bearer", "expires_in": 300, "scope": ""}
            return httpx2.Response(200, json=answer)
        if self._expires:
            self._expires = False
            problem = Problem.of(ShikakuError("token-expired"))
            return httpx2.Response(401, content=problem.model_dump_json())
        return httpx2.Response(200, json=ELIGIBILITY)

    @property
    def traces(self) -> list[str]:
        return [trace for trace, _ in self.sent]


def test_a_call_with_its_sign_in_is_one_trace_and_the_next_call_another() -> None:
    fund = Fund()
    with client_at(fund) as client:
        client.check_number(ASKED)
        client.check_number(ASKED)
    first, second, third = fund.traces
    assert first == second != third
    assert len({span for _, span in fund.sent}) == 3


def test_a_request_that_is_sent_again_belongs_to_the_same_trace() -> None:
    fund = Fund(expires=True)
    with client_at(fund) as client:
        client.check_number(ASKED)
    assert len(fund.traces) == 4
    assert len(set(fund.traces)) == 1


def test_calls_inside_of_a_trace_belong_to_it_and_later_ones_do_not() -> None:
    fund = Fund()
    with client_at(fund) as client:
        with one_trace():
            client.check_number(ASKED)
            with one_trace():
                client.check_number(ASKED)
        client.check_number(ASKED)
    *inside, after = fund.traces
    assert len(set(inside)) == 1
    assert after not in inside
