"""Limits of request bodies before anything is parsed; problem answers without values of the request."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from jpki_mock.errors import JlisError, NotAllowed, NotFound
from jpki_mock.service.limits import BodyLimit
from jpki_mock.service.problems import install, problem
from tests.depth import max_examples

LIMIT, LARGER = 10, 20


def respond(
    *parts: bytes, path: str = "/x", announced: bytes | None = None, kind: str = "http"
) -> tuple[int, bytes | None]:
    """The status, and the body that the application received (None: it was not called)."""
    received: list[bytes] = []
    statuses: list[int] = []
    messages = [
        {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
        for place, part in enumerate(parts)
    ] or [{"type": "http.request"}]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while kind == "http":
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        received.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [] if announced is None else [(b"content-length", announced)]
    limited = BodyLimit(application, LIMIT, {"/large": LARGER})
    asyncio.run(limited({"type": kind, "path": path, "headers": headers}, receive, send))
    return statuses[0], received[0] if received else None


@max_examples(30)
@given(st.lists(st.binary(max_size=8), max_size=5))
def test_a_body_is_passed_on_whole_or_refused_however_it_arrives(parts: list[bytes]) -> None:
    body = b"".join(parts)
    status, received = respond(*parts)
    assert (status, received) == ((200, body) if len(body) <= LIMIT else (413, None))


@pytest.mark.parametrize(("size", "path", "status"), [(10, "/x", 200), (11, "/x", 413), (20, "/large", 200), (21, "/large", 413), (11, "/large/", 413)])  # fmt: skip
def test_a_path_may_have_a_larger_limit_of_its_own(size: int, path: str, status: int) -> None:
    assert respond(b"x" * size, path=path, announced=b"%d" % size)[0] == status


@pytest.mark.parametrize(
    ("announced", "status"),
    [(b"0", 200), (b"10", 200), (b"11", 413), (b"-1", 413), (b"1e1", 413), (b"", 413), (b"9" * 18, 413), (b"0" * 19, 413), (b"\xb2", 413)],
)  # fmt: skip
def test_an_announced_length_is_judged_before_a_byte_is_read(announced: bytes, status: int) -> None:
    assert respond(b"", announced=announced)[0] == status


def test_a_body_larger_than_announced_is_refused_all_the_same() -> None:
    assert respond(b"x" * 6, b"x" * 6, announced=b"5") == (413, None)


def test_what_is_no_request_is_passed_on() -> None:
    assert respond(kind="lifespan") == (200, b"")


class Query(BaseModel):
    """A request's body."""

    number: int


def application(error: Exception | None = None) -> TestClient:
    app = FastAPI()
    install(app)

    @app.post("/query")
    def query(body: Query) -> dict[str, int]:
        if error is not None:
            raise error
        return {"number": body.number}

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"number": "123456789018"}x', b'{"name": "123456789018"}', b"[]"]
)
def test_a_malformed_body_is_refused_without_its_values(body: bytes) -> None:
    answer = application().post("/query", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"] == "The request does not have the required form."
    assert "123456789018" not in answer.text


def test_a_body_that_is_no_text_is_refused_without_a_detail() -> None:
    answer = application().post("/query", content=b"\xff", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "detail" not in answer.json()


@pytest.mark.parametrize("error", [NotFound("No such resident."), NotAllowed("Already revoked.")])
def test_a_refusal_has_its_status_and_its_sentence(error: JlisError) -> None:
    answer = application(error).post("/query", json={"number": 1})
    assert answer.status_code == error.status
    assert answer.json() == {
        "type": "about:blank", "title": answer.json()["title"], "status": error.status, "detail": error.sentence,
    }  # fmt: skip


def test_an_unexpected_error_hides_its_cause() -> None:
    answer = application(ValueError("secret 1234")).post("/query", json={"number": 1})
    assert (answer.status_code, answer.json()) == (
        500, {"type": "about:blank", "title": "Internal Server Error", "status": 500},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/query", 405), ("GET", "/nowhere", 404), ("DELETE", "/query", 405)],
)
def test_an_unknown_path_or_method_is_a_problem_answer_too(method: str, path: str, status: int) -> None:
    answer = application().request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


@pytest.mark.parametrize(("status", "header"), [(401, "Bearer"), (403, None), (500, None)])
def test_only_a_missing_authentication_asks_for_a_token(status: int, header: str | None) -> None:
    made = problem(status, "x")
    assert made.headers.get("www-authenticate") == header
    assert json.loads(bytes(made.body))["detail"] == "x"
