"""Subscriptions as R4 resources, and the notifications that they send: ids only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.contract.webhooks import Webhook, WebhookState
from eligibility_api.fhir.subscriptions import SubscriptionRequest, resource_of
from eligibility_api.webhooks.fhir_message import fhir_message
from eligibility_api.webhooks.messages import WaitingEvent
from tests.builders.fhir import faults

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
ID, CONSENT = UUID(int=1), str(UUID(int=2))
REQUEST: dict[str, Any] = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "own consents",
    "criteria": "urn:shikaku:fhir:topic:consents",
    "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9000/fhir"},
}


def without_payload_extension(resource: dict[str, Any]) -> dict[str, Any]:
    """The library's model has no extensions of primitives by their JSON name."""
    channel = {name: value for name, value in resource["channel"].items() if name != "_payload"}
    return resource | {"channel": channel}


@pytest.mark.parametrize("because", [None, "failing"])
def test_a_subscription_is_valid_r4(because: str | None) -> None:
    state = WebhookState.ACTIVE if because is None else WebhookState.DISABLED
    webhook = Webhook(
        webhook_id=ID,
        url="http://127.0.0.1:9000/",
        events=None,
        state=state,
        created_at=NOW,
        disabled_because=because,
    )
    resource = resource_of(webhook)
    assert faults(without_payload_extension(resource)) == []
    assert (resource["status"], resource.get("error")) == ("active" if because is None else "error", because)
    assert resource["channel"]["_payload"]["extension"][0]["valueCode"] == "id-only"


@pytest.mark.parametrize(
    ("event_type", "data", "kind"),
    [("consent.given", {"consent_id": CONSENT}, "event-notification"), ("test", {}, "heartbeat")],
)
def test_a_notification_is_a_valid_bundle_of_ids(event_type: str, data: dict[str, Any], kind: str) -> None:
    message = fhir_message(ID, WaitingEvent(7, UUID(int=3), event_type, NOW, data, 0))
    bundle = json.loads(message.body)
    assert message.media_type == "application/fhir+json"
    # It names resources of the fund, and contains none.
    assert [fault for fault in faults(bundle) if not fault.endswith("is named and not contained")] == []
    [entry] = bundle["entry"]
    parameters = {part["name"]: part for part in entry["resource"]["parameter"]}
    assert parameters["subscription"]["valueReference"] == {"reference": f"Subscription/{ID}"}
    assert parameters["type"]["valueCode"] == kind
    if data:
        parts = {part["name"]: part for part in parameters["notification-event"]["part"]}
        assert parts["focus"]["valueReference"] == {"reference": f"Consent/{CONSENT}"}
        assert parts["event-number"]["valueString"] == "7"
    else:
        assert "notification-event" not in parameters


def test_a_request_is_read() -> None:
    assert SubscriptionRequest.model_validate(REQUEST).channel.endpoint == "http://127.0.0.1:9000/fhir"


@pytest.mark.parametrize(
    "changes",
    [
        {"resourceType": "Consent"},
        {"status": "active"},
        {"criteria": "Consent?patient=1"},
        {"channel": {"type": "email", "endpoint": "mailto:a@b.example"}},
        {"channel": {"type": "rest-hook"}},
        {"channel": REQUEST["channel"] | {"payload": "application/fhir+xml"}},
        {"channel": REQUEST["channel"] | {"header": ["Authorization: secret"]}},
        {"channel": REQUEST["channel"] | {"endpoint": "x" * 501}},
    ],
    ids=range(8),
)
def test_what_the_fund_does_not_offer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        SubscriptionRequest.model_validate(REQUEST | changes)
