"""The access log of requests, what it never contains, and the headers of every answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from io import StringIO

import anyio
import httpx2
import pytest
import structlog
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.types import Message, Receive, Scope, Send

from eligibility_api.platform.service_metrics import metrics_text
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.web import problems
from eligibility_api.web.middleware import AccessLog

pytestmark = pytest.mark.anyio

SECRET = "secret-value"


class _Answer(BaseModel):
    number: int


def _application() -> FastAPI:
    app = FastAPI()
    problems.install_error_handlers(app)
    app.add_middleware(AccessLog)

    @app.get("/v1/broken")
    async def broken() -> None:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(SECRET) from error

    @app.get("/v1/unpublished", response_model=_Answer)
    async def unpublished() -> dict[str, str]:
        return {"number": SECRET}

    @app.get("/v1/torn")
    async def torn() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"begun"
            raise ValueError(SECRET)

        return StreamingResponse(parts())

    @app.get("/other")
    async def other() -> None:
        return None

    return app


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Everything that the process writes to standard error."""
    written = StringIO()
    monkeypatch.setattr("sys.stderr", written)
    set_up_logging()
    yield written
    structlog.reset_defaults()


@pytest.fixture
async def http(journal: object) -> AsyncIterator[httpx2.AsyncClient]:
    # The transport re-raises exceptions of the application: there must be none.
    transport = httpx2.ASGITransport(_application())
    async with httpx2.AsyncClient(transport=transport, base_url="http://fund.test") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "cause"), [("/v1/broken", "ValueError"), ("/v1/unpublished", "ResponseValidationError")]
)
async def test_an_exception_is_logged_by_type_and_place_and_never_by_text(
    http: httpx2.AsyncClient, journal: StringIO, path: str, cause: str
) -> None:
    response = await http.get(path)

    logged = journal.getvalue()
    fault, request = map(json.loads, logged.splitlines())
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert fault["request_id"] == response.headers["X-Request-Id"] == response.json()["request_id"]
    assert (fault["event"], fault["cause"], request["code"]) == ("internal", cause, "internal")
    assert ".py:" in fault["where"]
    assert SECRET not in logged + response.text
    assert f'code="internal",route="{path}",status="500"' in (await metrics_text()).decode()


async def test_an_exception_in_the_middle_of_an_answer_ends_it_and_is_logged(
    journal: StringIO,
) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/torn", "headers": [], "query_string": b""}
    await _application()(scope, receive, send)

    logged = journal.getvalue()
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert '"event": "internal"' in logged
    assert SECRET not in logged


@pytest.mark.parametrize("path", ["/v1/broken", "/v1/nothing"])
async def test_no_answer_of_the_interface_may_be_cached(http: httpx2.AsyncClient, path: str) -> None:
    assert (await http.get(path)).headers["Cache-Control"] == "no-store"


async def test_other_answers_may_be_cached(http: httpx2.AsyncClient) -> None:
    assert "Cache-Control" not in (await http.get("/other")).headers


async def test_an_unsupported_method_is_answered_with_the_allowed_ones(http: httpx2.AsyncClient) -> None:
    response = await http.delete("/other")
    assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed")
    assert response.headers["Allow"] == "GET"


async def test_a_request_whose_client_disconnected_is_not_logged_as_an_error(journal: StringIO) -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        return None

    async def receive() -> Message:
        raise AssertionError

    async def send(_: Message) -> None:
        raise AssertionError

    scope = {"type": "http", "method": "GET", "path": "/v1/token", "headers": [], "query_string": b""}
    await AccessLog(silent)(scope, receive, send)
    assert json.loads(journal.getvalue())["status"] == 499
