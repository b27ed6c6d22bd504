"""Bodies written without models are those that the fund's models accept; codes of refusals."""

from __future__ import annotations

import base64
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.eligibility import CardCheckRequest, NumberCheckRequest
from loadtest.dataset.request_bodies import number_body, problem_code, proof_members
from loadtest.model.events import Membership
from tests.depth import max_examples

TEXT = st.text(min_size=1, max_size=10)


@max_examples(40)
@given(
    st.binary(min_size=1, max_size=60),
    st.text("abcXYZ019_.-", min_size=1, max_size=40),
    st.binary(max_size=256),
)
def test_the_members_of_a_proof_are_json_of_the_same_bytes(
    certificate: bytes, challenge: str, signature: bytes
) -> None:
    proof = json.loads(b"{" + proof_members(certificate, challenge, signature) + b"}")
    assert proof.keys() == {"certificate", "challenge", "signature"}
    assert base64.b64decode(proof["certificate"], validate=True) == certificate
    assert base64.b64decode(proof["signature"], validate=True) == signature
    assert proof["challenge"] == challenge


def test_the_fund_s_model_accepts_a_proof() -> None:
    members = proof_members(b"\x30\x82", "challenge-1", bytes(256))
    request = CardCheckRequest.model_validate_json(b"{" + members + b"}")
    assert (request.certificate, request.challenge, request.signature) == (
        b"\x30\x82",
        "challenge-1",
        bytes(256),
    )


@max_examples(40)
@given(TEXT | st.none(), TEXT, TEXT | st.none(), st.dates(date(1900, 1, 1), date(2030, 1, 1)))
def test_a_look_up_has_the_written_parts_and_leaves_absent_ones_out(
    symbol: str | None, number: str, branch: str | None, birth_date: date
) -> None:
    body = json.loads(number_body(Membership("06130017", symbol, number, branch, birth_date)))
    expected = {"insurer_number": "06130017", "symbol": symbol, "number": number, "branch": branch}
    assert body == {name: value for name, value in expected.items() if value is not None} | {
        "birth_date": birth_date.isoformat()
    }


@pytest.mark.parametrize(("symbol", "branch"), [(None, None), ("見本", "00"), ("見本", None)])
def test_the_fund_s_model_accepts_a_look_up(symbol: str | None, branch: str | None) -> None:
    membership = Membership("06130017", symbol, "12-3", branch, date(1980, 5, 17))
    request = NumberCheckRequest.model_validate_json(number_body(membership))
    assert (request.symbol, request.number, request.branch) == (symbol, "12-3", branch)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code": "overloaded", "status": 503}', "overloaded"),
        (b'{"code": 5}', "5"),
        (b"", "unreadable"),
        (b"<html>", "unreadable"),
        (b"[]", "unreadable"),
        (b"null", "unreadable"),
        (b'"code"', "unreadable"),
        (b"{}", "unreadable"),
        (b"\xff\xfe", "unreadable"),
        (b'{"code": "overloaded"', "unreadable"),
    ],
)
def test_whatever_is_no_problem_answer_is_unreadable(body: bytes, code: str) -> None:
    assert problem_code(body) == code


@max_examples(40)
@given(st.binary(max_size=60))
def test_no_body_fails_the_reader_of_codes(body: bytes) -> None:
    assert isinstance(problem_code(body), str)
