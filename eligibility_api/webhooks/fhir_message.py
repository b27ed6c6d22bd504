"""The message of a FHIR R4 subscription: a notification of the Subscriptions R5 Backport guide, with ids only.

The guide's R4 form: a Bundle of the type `history`, whose first entry is the subscription's status as Parameters.
"""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from eligibility_api.contract.webhooks import EventType
from eligibility_api.webhooks.messages import Message, WaitingEvent

MEDIA_TYPE: Final = "application/fhir+json"
_GUIDE: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
SUBSCRIPTION_PROFILE: Final = f"{_GUIDE}/backport-subscription"
PAYLOAD_CONTENT: Final = f"{_GUIDE}/backport-payload-content"
_NOTIFICATION_PROFILE: Final = f"{_GUIDE}/backport-subscription-notification-r4"
_STATUS_PROFILE: Final = f"{_GUIDE}/backport-subscription-status-r4"

CONSENTS_TOPIC: Final = "urn:shikaku:fhir:topic:consents"
"""The topic of a facility's consents: given, ended by it, withdrawn by the patient."""

CONSENT_EVENTS: Final = (EventType.CONSENT_GIVEN, EventType.CONSENT_ENDED, EventType.CONSENT_WITHDRAWN)


def fhir_message(webhook_id: UUID, event: WaitingEvent) -> Message:
    """The notification of an event; of a test, a heartbeat."""
    instant = event.occurred_at.isoformat()
    subscription = f"Subscription/{webhook_id}"
    is_test = event.type == EventType.TEST
    parameters: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": subscription}},
        {"name": "topic", "valueCanonical": CONSENTS_TOPIC},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": "heartbeat" if is_test else "event-notification"},
    ]
    if not is_test:
        parts = [
            # Ascends in the order of the events; the guide's numbers have no gaps (docs/divergences.md).
            {"name": "event-number", "valueString": str(event.delivery_id)},
            {"name": "timestamp", "valueInstant": instant},
            {"name": "focus", "valueReference": {"reference": f"Consent/{event.data['consent_id']}"}},
        ]
        parameters.append({"name": "notification-event", "part": parts})
    status = {
        "resourceType": "Parameters",
        "id": str(event.event_id),
        "meta": {"profile": [_STATUS_PROFILE]},
        "parameter": parameters,
    }
    entry = {
        "fullUrl": f"urn:uuid:{event.event_id}",
        "resource": status,
        "request": {"method": "GET", "url": f"{subscription}/$status"},
        "response": {"status": "200"},
    }
    bundle = {
        "resourceType": "Bundle",
        "meta": {"profile": [_NOTIFICATION_PROFILE]},
        "type": "history",
        "timestamp": instant,
        "entry": [entry],
    }
    return Message(MEDIA_TYPE, json.dumps(bundle, separators=(",", ":")).encode())
