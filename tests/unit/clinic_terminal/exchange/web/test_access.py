"""Who gets in: sign-in, tokens, no web page, no body beyond its limit, nobody without a thread for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from clinic_terminal.exchange.web import workers
from clinic_terminal.exchange.web.app import MESSAGES_PATH, REFRESH_PATH, SEARCH_PATH, SIGN_IN_PATH
from clinic_terminal.messages import json_codec
from clinic_terminal.messages.registry import MESSAGES
from tests.builders.clinic.clinic_software import eligibility_request
from tests.builders.clinic.web_face import KEY, PORT, WebFaceClient, web_face_client

pytestmark = pytest.mark.anyio

REQUEST = json_codec.encode(eligibility_request())
TOKEN_REFUSED, SIGN_IN_REFUSED, PAGE_REFUSED = "SHK-2103", "SHK-2102", "SHK-2101"


def code(reply: httpx2.Response) -> tuple[int, str]:
    """Status and own code of a failure, which always has both sentences."""
    content = reply.json()
    assert content["status"] == "NG"
    assert content["msg"].endswith("。")
    assert content["msgEn"]
    return reply.status_code, content["code"]


async def test_a_sign_in_gives_three_different_tokens(web: WebFaceClient) -> None:
    reply = await web.sign_in()
    content = reply.json()
    assert (reply.status_code, content["status"], content["msg"]) == (200, "OK", "")
    assert set(content["result"]) == {"accessToken", "refreshToken", "idToken", "expiresIn"}
    assert len({content["result"][name] for name in ("accessToken", "refreshToken", "idToken")}) == 3
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("key", [None, "", "other", KEY[:-1], KEY + "x", KEY.upper(), "鍵", "x" * 10_000])
async def test_another_key_does_not_sign_in(web: WebFaceClient, key: str | None) -> None:
    value = b"Bearer " + (key or "").encode()
    reply = await web.http.post(SIGN_IN_PATH, headers={b"authorization": value} if key is not None else {})
    assert code(reply) == (401, SIGN_IN_REFUSED)


async def test_where_client_certificates_sign_in_no_key_is_asked_for(tmp_path: Path) -> None:
    async with web_face_client(tmp_path / "home", key=None) as web:
        assert (await web.sign_in(key=None)).status_code == 200
        assert (await web.send(SEARCH_PATH, REQUEST)).status_code == 200


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer "])
async def test_the_token_stands_alone_or_as_a_bearer_token(web: WebFaceClient, scheme: str) -> None:
    await web.sign_in()
    value = f"{scheme}{web.tokens['idToken']}"
    assert (await web.send(SEARCH_PATH, REQUEST, authorization=value)).status_code == 200


@pytest.mark.parametrize("token", ["none", "unknown", "accessToken", "refreshToken", "the key", "Bearer"])
async def test_only_the_id_token_opens_a_message(web: WebFaceClient, token: str) -> None:
    await web.sign_in()
    value = {"none": "", "unknown": "x" * 43, "the key": KEY}.get(token, web.tokens.get(token, token))
    reply = await web.send(SEARCH_PATH, REQUEST, authorization=value)
    assert code(reply) == (401, TOKEN_REFUSED)
    assert web.fund.calls == []


async def test_an_id_token_is_used_until_its_end(web: WebFaceClient) -> None:
    await web.sign_in()
    web.clock.seconds = web.tokens["expiresIn"] - 1
    assert (await web.send(SEARCH_PATH, REQUEST)).status_code == 200
    web.clock.seconds += 1
    assert code(await web.send(SEARCH_PATH, REQUEST)) == (401, TOKEN_REFUSED)


async def test_a_refresh_token_gives_new_tokens_once_and_ends_the_former(web: WebFaceClient) -> None:
    await web.sign_in()
    former = web.tokens["idToken"]
    web.clock.seconds = 3000
    renewed = await web.send(REFRESH_PATH, b"", authorization=web.tokens["refreshToken"])
    tokens = renewed.json()["result"]
    again = await web.send(REFRESH_PATH, b"", authorization=web.tokens["refreshToken"])
    assert code(again) == (401, TOKEN_REFUSED)
    assert (await web.send(SEARCH_PATH, REQUEST, authorization=tokens["idToken"])).status_code == 200
    assert code(await web.send(SEARCH_PATH, REQUEST, authorization=former)) == (401, TOKEN_REFUSED)


async def test_a_refresh_token_ends(web: WebFaceClient) -> None:
    await web.sign_in()
    web.clock.seconds = 3600
    reply = await web.send(REFRESH_PATH, b"", authorization=web.tokens["refreshToken"])
    assert code(reply) == (401, TOKEN_REFUSED)


PAGE_HEADERS = {
    "origin": {"origin": "https://page.example"},
    "own origin": {"origin": f"http://127.0.0.1:{PORT}"},
    "null origin": {"origin": "null"},
    "rebound name": {"host": f"page.example:{PORT}"},
    "name that begins so": {"host": f"127.0.0.1.page.example:{PORT}"},
    "other port": {"host": "127.0.0.1:1"},
    "no port": {"host": "127.0.0.1"},
    "empty host": {"host": ""},
    "user in the host": {"host": f"127.0.0.1:{PORT}@page.example"},
}


@pytest.mark.parametrize("headers", PAGE_HEADERS.values(), ids=PAGE_HEADERS)
async def test_a_web_page_is_refused_whatever_it_knows(web: WebFaceClient, headers: dict[str, str]) -> None:
    await web.sign_in()
    for path in (SIGN_IN_PATH, SEARCH_PATH, "/shikaku/messages/OQSsiimm01req", "/"):
        for credential in (f"Bearer {KEY}", web.tokens["idToken"]):
            reply = await web.send(path, REQUEST, **{"authorization": credential} | headers)
            assert code(reply) == (403, PAGE_REFUSED)
    assert web.fund.calls == []


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "HEAD", "PUT"])
async def test_a_preflight_of_a_page_is_refused(web: WebFaceClient, method: str) -> None:
    reply = await web.http.request(method, SEARCH_PATH, headers={"origin": "https://page.example"})
    assert reply.status_code == 403
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "host", [f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"[::1]:{PORT}", f"127.0.0.1:{PORT}"]
)
async def test_the_loopback_names_are_accepted(web: WebFaceClient, host: str) -> None:
    assert (await web.sign_in(host=host)).status_code == 200


async def test_two_hosts_are_refused(web: WebFaceClient) -> None:
    headers = [("host", f"127.0.0.1:{PORT}"), ("host", "page.example"), ("authorization", f"Bearer {KEY}")]
    assert code(await web.http.post(SIGN_IN_PATH, headers=headers)) == (403, PAGE_REFUSED)


@pytest.mark.parametrize(
    "path", ["/", "/openapi.json", "/docs", "/shikaku/messages/", "/shikaku/messages/OQSxx"]
)
async def test_an_unknown_path_is_refused(web: WebFaceClient, path: str) -> None:
    await web.sign_in()
    assert code(await web.send(path, REQUEST)) == (404, "SHK-2104")


@pytest.mark.parametrize("name", ["OQSsiquc01req_1.xml", "..%2f..%2fetc", "OQSsiquc01res"])
async def test_a_name_that_is_no_prefix_is_an_unknown_path(web: WebFaceClient, name: str) -> None:
    await web.sign_in()
    assert code(await web.send(MESSAGES_PATH.format(name=name), REQUEST)) == (404, "SHK-2104")


async def test_only_post_is_offered(web: WebFaceClient) -> None:
    assert code(await web.http.get(SEARCH_PATH)) == (405, "SHK-1012")


LIMIT = MESSAGES["OQSsiquc01req"].max_request_bytes


@pytest.mark.parametrize("size", [LIMIT + 1, 10**9], ids=["one byte more", "a gigabyte"])
async def test_a_declared_length_beyond_the_limit_is_refused_unread(web: WebFaceClient, size: int) -> None:
    await web.sign_in()
    reply = await web.send(SEARCH_PATH, b"x", **{"content-length": str(size)})
    assert code(reply) == (413, "SHK-1007")


@pytest.mark.parametrize("length", ["-1", "x", "１", "9" * 5000])
async def test_a_length_that_is_none_is_refused(web: WebFaceClient, length: str) -> None:
    await web.sign_in()
    headers = {b"content-length": length.encode(), b"authorization": web.tokens["idToken"].encode()}
    assert code(await web.http.post(SEARCH_PATH, content=b"x", headers=headers)) == (413, "SHK-1007")


async def test_a_body_without_declared_length_is_read_up_to_its_limit(web: WebFaceClient) -> None:
    await web.sign_in()
    sent = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * (LIMIT // 10)

    headers = {"authorization": web.tokens["idToken"]}
    reply = await web.http.post(SEARCH_PATH, content=parts(), headers=headers)
    assert code(reply) == (413, "SHK-1007")
    assert (
        await web.http.post(SIGN_IN_PATH, content=parts(), headers={"authorization": f"Bearer {KEY}"})
    ).status_code == 413


async def test_the_token_comes_before_the_body(web: WebFaceClient) -> None:
    reply = await web.send(SEARCH_PATH, b"x", **{"content-length": str(10**9)})
    assert code(reply) == (401, TOKEN_REFUSED)


async def test_more_requests_than_can_wait_are_refused_at_once(
    web: WebFaceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MAX_PENDING", 0)
    await web.sign_in()
    reply = await web.send(SEARCH_PATH, REQUEST)
    assert code(reply) == (503, "SHK-9101")
    assert reply.headers["retry-after"] == "1"
