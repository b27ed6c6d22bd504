"""An insurer's inbox of webhooks: what is accepted, shown once, and under which subscription."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.webhook_signatures import public_key_text, secret_text, signed_headers
from eligibility_api.contract.webhooks import Event, EventType
from payer_mock.actions import events
from payer_mock.actions.events import ACCEPTED, NOT_AN_EVENT, NOT_VALID, Inbox, subscribe
from tests.unit.payer_mock.builders import FUND, credential
from tests.unit.payer_mock.fake_fund import token

SECRET = bytes(range(32))
NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
BODY = b'{"type":"file.held","timestamp":"2026-11-30T03:00:00Z","data":{"upload_id":"019ab000-0000-7000-8000-0000000000c1"}}'
URL = "http://127.0.0.1:9000/events"
WEBHOOK: dict[str, Any] = {
    "webhook_id": "019ab000-0000-7000-8000-0000000000c2",
    "url": URL,
    "events": None,
    "state": "active",
    "created_at": "2026-11-30T03:00:00Z",
}


class Shown(list[tuple[str, Event]]):
    def add(self, message_id: str, event: Event) -> None:
        self.append((message_id, event))


def inbox(shown: Shown, key: str = secret_text(SECRET)) -> Inbox:
    return Inbox(key, lambda: NOW, shown.add)


@pytest.mark.parametrize("key", [secret_text(SECRET), public_key_text(SECRET)], ids=["v1", "v1a"])
def test_a_signed_event_is_shown_once(key: str) -> None:
    shown = Shown()
    receiving = inbox(shown, key)
    headers = signed_headers([SECRET], "a", NOW, BODY)
    assert [receiving.receive(headers, BODY) for _ in range(2)] == [ACCEPTED, ACCEPTED]
    [(message_id, event)] = shown
    assert (message_id, event.type) == ("a", EventType.FILE_HELD)
    assert event.data.upload_id == UUID("019ab000-0000-7000-8000-0000000000c1")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, BODY, NOT_VALID),
        (signed_headers([bytes(32)], "a", NOW, BODY), BODY, NOT_VALID),
        (signed_headers([SECRET], "a", NOW - timedelta(hours=1), BODY), BODY, NOT_VALID),
        (signed_headers([SECRET], "a", NOW, BODY), BODY + b" ", NOT_VALID),
        (signed_headers([SECRET], "a", NOW, b"[]"), b"[]", NOT_AN_EVENT),
        (signed_headers([SECRET], "a", NOW, b"\xff"), b"\xff", NOT_AN_EVENT),
    ],
    ids=range(6),
)
def test_anything_else_is_not_shown(headers: dict[str, str], body: bytes, status: int) -> None:
    shown = Shown()
    assert inbox(shown).receive(headers, body) == status
    assert shown == []


def test_the_oldest_ids_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_KNOWN", 2)
    shown = Shown()
    receiving = inbox(shown)
    for message_id in ("a", "b", "b", "c", "a"):
        receiving.receive(signed_headers([SECRET], message_id, NOW, BODY), BODY)
    assert [message_id for message_id, _ in shown] == ["a", "b", "c", "a"]


@pytest.mark.parametrize(
    ("present", "calls"),
    [
        ([], ["/v1/webhooks"]),
        ([WEBHOOK | {"url": "http://127.0.0.1:9001/events"}], ["/v1/webhooks"]),
        ([WEBHOOK], [f"/v1/webhooks/{WEBHOOK['webhook_id']}/{act}" for act in ("enable", "rotate")]),
    ],
    ids=["first", "another address", "again"],
)
def test_a_webhook_of_this_address_is_used_again(present: list[dict[str, Any]], calls: list[str]) -> None:
    posted: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/token":
            return token(request)
        if request.method == "GET":
            return httpx2.Response(200, json={"webhooks": present})
        posted.append(request.url.path)
        if request.url.path == "/v1/webhooks":
            assert json.loads(request.content) == {"url": URL, "events": None} or json.loads(
                request.content
            ) == {"url": URL}
        if request.url.path.endswith("/enable"):
            return httpx2.Response(200, json=WEBHOOK)
        made = {"webhook": WEBHOOK, "secret": secret_text(SECRET), "public_key": public_key_text(SECRET)}
        return httpx2.Response(201, json=made)

    with InsurerClient(
        FUND, credential(), clock=lambda: NOW, transport=httpx2.MockTransport(answer)
    ) as client:
        assert subscribe(client, URL).secret == secret_text(SECRET)
    assert posted == calls
