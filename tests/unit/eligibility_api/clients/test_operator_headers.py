"""The fast path reads the operator's headers exactly as the dependency does, or leaves the request to it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from eligibility_api.clients.operator import Operator, operator_from_headers
from eligibility_api.contract.codes import Role
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER

ROLE, NAME = ROLE_HEADER.lower().encode(), OPERATOR_HEADER.lower().encode()
printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60)


@given(role=st.none() | st.sampled_from(Role), name=st.none() | printable)
def test_the_headers_of_a_request_name_its_operator(role: Role | None, name: str | None) -> None:
    headers = {} if role is None else {ROLE: role.value.encode()}
    if name is not None:
        headers[NAME] = quote(name, safe="").encode()
    assert operator_from_headers(headers) == Operator(role or Role.RECEPTION, name)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"%20%E8%A6%8B%E6%9C%AC%20", "見本"),
        (b"%E3%80%80%E8%A6%8B%E6%9C%AC", "見本"),
        (b"Mihon+1", "Mihon+1"),
        (b"100%", "100%"),
        (b"%41", "A"),
    ],
)
def test_a_name_is_percent_decoded_once_and_stripped(sent: bytes, name: str) -> None:
    operator = operator_from_headers({NAME: sent})
    assert operator is not None
    assert operator.name == name


@pytest.mark.parametrize(
    "headers",
    [
        {ROLE: b""},
        {ROLE: b"Doctor"},
        {ROLE: b"doctor "},
        {ROLE: b"\xff"},
        {NAME: b""},
        {NAME: b"%20"},
        {NAME: b"%E8%A6"},
        {NAME: b"%0A"},
        {NAME: b"%C2%85"},
        {NAME: b"a" * 61},
        {ROLE: b"doctor", NAME: b"%00"},
    ],
    ids=str,
)
def test_headers_that_the_dependency_rejects_are_left_to_it(headers: dict[bytes, bytes]) -> None:
    assert operator_from_headers(headers) is None


def test_other_headers_do_not_matter() -> None:
    scope = {"type": "http", "headers": [(b"x-other", b"doctor"), (ROLE, b"doctor")]}
    assert operator_from_headers(dict(Request(scope).headers.raw)) == Operator(Role.DOCTOR)
