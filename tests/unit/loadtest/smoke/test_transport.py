"""The transport of the fund's client over Locust's session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from loadtest.smoke.transport import LocustTransport


@dataclass
class FakeAnswer:
    status_code: int
    content: bytes | None


@dataclass
class FakeSession:
    answer: FakeAnswer
    sent: list[tuple[str, str, str | None, dict[str, Any]]] = field(default_factory=list)

    def request(self, method: str, url: str, name: str | None = None, **options: Any) -> FakeAnswer:
        self.sent.append((method, url, name, options))
        return self.answer


def post(session: FakeSession) -> httpx2.Response:
    transport = LocustTransport(session)
    with httpx2.Client(base_url="http://127.0.0.1:8400/prefix", transport=transport) as client:
        headers = {"Authorization": "Bearer token", "Content-Type": "application/json"}
        return client.post("/v1/eligibility/card", content=b"{}", headers=headers)


def test_a_request_has_its_body_and_two_headers_and_is_named_by_its_path() -> None:
    session = FakeSession(FakeAnswer(200, b"[]"))
    post(session)
    ((method, url, name, options),) = session.sent
    assert (method, url) == ("POST", "http://127.0.0.1:8400/prefix/v1/eligibility/card")
    assert name == "/prefix/v1/eligibility/card"
    assert options["data"] == b"{}"
    assert options["headers"] == {"Authorization": "Bearer token", "Content-Type": "application/json"}


def test_no_redirect_is_followed() -> None:
    session = FakeSession(FakeAnswer(307, None))
    assert post(session).status_code == 307
    assert session.sent[0][3]["allow_redirects"] is False


@pytest.mark.parametrize(("status", "content"), [(200, b'{"a":1}'), (503, b"{}"), (204, None)])
def test_a_response_of_any_status_is_returned(status: int, content: bytes | None) -> None:
    response = post(FakeSession(FakeAnswer(status, content)))
    assert (response.status_code, response.content) == (status, content or b"")


def test_no_response_is_a_connection_error() -> None:
    with pytest.raises(httpx2.ConnectError):
        post(FakeSession(FakeAnswer(0, None)))
