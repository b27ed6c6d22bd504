"""Calls about persons: what is sent to J-LIS, and that whatever is not its clear answer is `register-unavailable`."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE, ShikakuError
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.jlis.client import MAX_DIFFERENCES, Holder, Jlis, Matched

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
KEY = ECKey.generate_key("P-256")
PERSON = "0123456789abcdef" * 2
CERTIFICATE = CertificateId(bytes(range(32)), 4711)
IDENTITY: dict[str, Any] = {
    "name": "試験　見本",
    "name_kana": "シケン　ミホン",
    "birth_date": date(1980, 5, 17),
    "sex": "2",
    "address": "架空県見本市1-1",
}

Answer = httpx2.Response | Exception
Call = Callable[[Jlis], Awaitable[object]]


class Register:
    """J-LIS, which gives one answer to every request, and keeps the requests."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[httpx2.Request] = []

    async def respond(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def called(call: Call, answer: Answer) -> tuple[object, list[httpx2.Request]]:
    """The result of a call that gets this answer, and the requests that were sent."""
    register = Register(answer)
    transport = httpx2.MockTransport(register.respond)
    async with httpx2.AsyncClient(base_url="http://jlis.test", transport=transport) as http:
        return await call(Jlis(http, KEY, lambda: NOW)), register.requests


def json_answer(body: object, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, json=body)


async def holder(jlis: Jlis) -> object:
    return await jlis.holder(CERTIFICATE)


async def match(jlis: Jlis) -> object:
    return await jlis.match(**IDENTITY)


async def match_two(jlis: Jlis) -> object:
    return await jlis.match_many('[{"name":"a"},{"name":"b"}]', 2)


async def terminal_certificate(jlis: Jlis) -> object:
    return await jlis.terminal_certificate("terminal-1", b"public key")


DIFFERENCE = {"item": "name", "kind": "character"}
CALLS: dict[str, tuple[Call, str, object, object, object]] = {
    "holder": (
        holder,
        "/register/certificate",
        {"ca_key_sha256": CERTIFICATE.authority.hex(), "serial": "4711"},
        {"person_key": PERSON},
        Holder(bytes.fromhex(PERSON), []),
    ),
    "match": (
        match,
        "/register/attributes",
        IDENTITY | {"birth_date": "1980-05-17"},
        {"match": "one", "person_key": PERSON},
        Matched("one", bytes.fromhex(PERSON)),
    ),
    "match-many": (
        match_two,
        "/register/attributes/batch",
        {"people": [{"name": "a"}, {"name": "b"}]},
        {"matches": [{"match": "none", "person_key": None}, {"match": "one", "person_key": PERSON}]},
        [Matched("none", None), Matched("one", bytes.fromhex(PERSON))],
    ),
    "match-variant": (
        match,
        "/register/attributes",
        IDENTITY | {"birth_date": "1980-05-17"},
        {"match": "variant", "person_key": PERSON, "differences": [DIFFERENCE | {"value": "x"}]},
        Matched("variant", bytes.fromhex(PERSON), (DIFFERENCE,)),
    ),
    "terminal-certificate": (
        terminal_certificate,
        "/terminal-certificates",
        {"terminal_id": "terminal-1", "public_key": base64.b64encode(b"public key").decode()},
        {"certificate": base64.b64encode(b"DER").decode()},
        b"DER",
    ),
}
"""Each call with its path, the body sent, an answer's body, and the result."""


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_sends_its_values_and_returns_the_answer(name: str) -> None:
    call, path, sent, body, result = CALLS[name]
    returned, [request] = await called(call, json_answer(body))
    assert returned == result
    assert (request.method, request.url.path, json.loads(request.content)) == ("POST", path, sent)
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_is_signed_for_thirty_seconds(name: str) -> None:
    call, _, _, body, _ = CALLS[name]
    _, [request] = await called(call, json_answer(body))
    kind, _, assertion = request.headers["authorization"].partition(" ")
    claims = jwt.decode(assertion, KEY, algorithms=["ES256"]).claims
    now = int(NOW.timestamp())
    assert kind == "Bearer"
    assert len(claims.pop("jti")) >= 16
    assert claims == {"iss": "fund", "sub": "fund", "aud": "jlis", "iat": now, "exp": now + 30}


async def test_each_call_has_an_identifier_of_its_own() -> None:
    identifiers = set()
    for _ in range(20):
        _, [request] = await called(match, json_answer({"match": "none", "person_key": None}))
        token = request.headers["authorization"].removeprefix("Bearer ")
        identifiers.add(jwt.decode(token, KEY, algorithms=["ES256"]).claims["jti"])
    assert len(identifiers) == 20


OUTAGES: dict[str, Answer] = {
    "no connection": httpx2.ConnectError("refused"),
    "no answer": httpx2.ReadTimeout("slow"),
    "cut": httpx2.RemoteProtocolError("cut"),
    "500": json_answer({}, 500),
    "503": json_answer({"match": "none", "person_key": None}, 503),
    "401": json_answer({}, 401),
    "302": httpx2.Response(302, headers={"Location": "http://elsewhere.test"}),
    "page": httpx2.Response(200, html="<h1>Welcome</h1>"),
    "empty": httpx2.Response(200),
    "page 404": httpx2.Response(404, html="<h1>Not Found</h1>"),
    "json 404": json_answer({"detail": "Not Found"}, 404),
    "half an answer": httpx2.Response(200, content=b'{"match": "one"'),
    "a list": json_answer([]),
    "null": json_answer(None),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_is_a_technical_failure_with_a_time_to_retry(name: str, outage: str) -> None:
    with pytest.raises(ShikakuError) as failed:
        await called(CALLS[name][0], OUTAGES[outage])
    assert (failed.value.code, failed.value.entry.kind) == ("register-unavailable", "technical")
    assert failed.value.retry_after == 10


UNKNOWN = httpx2.Response(
    404, content=b"{}", headers={"Content-Type": f"{PROBLEM_MEDIA_TYPE}; charset=utf-8"}
)


async def test_an_unknown_certificate_has_no_holder() -> None:
    found, _ = await called(holder, UNKNOWN)
    assert found is None


@pytest.mark.parametrize("name", ["match", "match-many", "terminal-certificate"])
async def test_only_a_certificate_can_be_unknown(name: str) -> None:
    with pytest.raises(ShikakuError, match="register-unavailable"):
        await called(CALLS[name][0], UNKNOWN)


async def test_the_certificates_that_were_renewed_keep_their_order_and_other_members_are_ignored() -> None:
    names = [
        {"ca_key_sha256": "ab" * 32, "serial": str(serial), "since": "2026"} for serial in (9, 2**160 - 1, 1)
    ]
    found, _ = await called(holder, json_answer({"person_key": PERSON, "predecessors": names, "note": "x"}))
    assert found == Holder(
        bytes.fromhex(PERSON),
        [CertificateId(bytes.fromhex("ab" * 32), serial) for serial in (9, 2**160 - 1, 1)],
    )


@pytest.mark.parametrize(
    "body",
    [
        {"person_key": PERSON[:-1]},
        {"person_key": PERSON.upper()},
        {"person_key": PERSON + "\n"},
        {"person_key": None},
        {"person_key": PERSON, "predecessors": [{"ca_key_sha256": "ab" * 31, "serial": "1"}]},
        {"person_key": PERSON, "predecessors": [{"ca_key_sha256": "ab" * 32, "serial": "0"}]},
        {"person_key": PERSON, "predecessors": [{"ca_key_sha256": "ab" * 32, "serial": "-1"}]},
        {"person_key": PERSON, "predecessors": [{"ca_key_sha256": "ab" * 32, "serial": 1}]},
        {"person_key": PERSON, "predecessors": [{"ca_key_sha256": "ab" * 32, "serial": "1" * 50}]},
        {"person_key": PERSON, "predecessors": [{"serial": "1"}]},
    ],
    ids=str,
)
async def test_a_holder_of_another_form_is_no_holder(body: dict[str, Any]) -> None:
    with pytest.raises(ShikakuError, match="register-unavailable"):
        await called(holder, json_answer(body))


@pytest.mark.parametrize(
    "body",
    [
        {"match": "one", "person_key": None},
        {"match": "none", "person_key": PERSON},
        {"match": "ambiguous", "person_key": PERSON},
        {"match": "two", "person_key": None},
        {"match": "one"},
        {"match": "one", "person_key": "0" * 31},
        {"person_key": PERSON},
        {"match": "variant", "person_key": PERSON},
        {"match": "variant", "person_key": PERSON, "differences": []},
        {"match": "variant", "person_key": None, "differences": [DIFFERENCE]},
        {"match": "one", "person_key": PERSON, "differences": [DIFFERENCE]},
        {"match": "none", "person_key": None, "differences": [DIFFERENCE]},
        {"match": "variant", "person_key": PERSON, "differences": [{"item": "name", "kind": "渡邊"}]},
        {"match": "variant", "person_key": PERSON, "differences": [{"item": "birth_date", "kind": "kana"}]},
        {"match": "variant", "person_key": PERSON, "differences": [{"item": "name"}]},
        {"match": "variant", "person_key": PERSON, "differences": [DIFFERENCE] * (MAX_DIFFERENCES + 1)},
    ],
    ids=range(16),
)
async def test_a_match_and_its_person_belong_together(body: dict[str, Any]) -> None:
    with pytest.raises(ShikakuError, match="register-unavailable"):
        await called(match, json_answer(body))
    with pytest.raises(ShikakuError, match="register-unavailable"):
        await called(match_two, json_answer({"matches": [{"match": "none", "person_key": None}, body]}))


@pytest.mark.parametrize("number", [0, 1, 3, 100])
async def test_as_many_matches_are_needed_as_persons_were_sent(number: int) -> None:
    with pytest.raises(ShikakuError, match="register-unavailable"):
        await called(match_two, json_answer({"matches": [{"match": "none", "person_key": None}] * number}))


@pytest.mark.parametrize("certificate", ["not base64", "QQ", "QQ==\n", 7, None])
async def test_a_terminals_certificate_is_base64(certificate: object) -> None:
    with pytest.raises(ShikakuError, match="register-unavailable"):
        await called(terminal_certificate, json_answer({"certificate": certificate}))


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
)


@given(match_value=scalars | st.just("one"), person_key=scalars | st.just(PERSON), more=values)
async def test_any_answer_is_a_match_or_a_technical_failure(
    match_value: object, person_key: object, more: object
) -> None:
    body = {"match": match_value, "person_key": person_key, "more": more}
    with suppress(ShikakuError):
        found, _ = await called(match, json_answer(body))
        assert found in [
            Matched("one", bytes.fromhex(PERSON)),
            Matched("none", None),
            Matched("ambiguous", None),
        ]
