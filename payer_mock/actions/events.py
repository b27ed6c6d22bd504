"""An insurer's inbox of webhooks: accepts what the fund signed, and hands on each event once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import ValidationError

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.webhook_signatures import WebhookRejected, verify
from eligibility_api.contract.webhooks import Event, WebhookRequest, WebhookSecret

MAX_KNOWN = 10_000
"""Ids of messages that are remembered, so that one that comes twice is handed on once."""

ACCEPTED, NOT_VALID, NOT_AN_EVENT = 204, 401, 400
"""Statuses of the answers."""


class Inbox:
    """Receives messages under one webhook's secret (`whsec_`) or public key."""

    def __init__(self, key: str, clock: Callable[[], datetime], show: Callable[[str, Event], None]) -> None:
        self._key = key
        self._clock = clock
        self._show = show
        self._known: OrderedDict[str, None] = OrderedDict()

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take one message (names of headers in lower case), and return the status of the answer."""
        try:
            message_id = verify(self._key, headers, body, self._clock())
        except WebhookRejected:
            return NOT_VALID
        try:
            event = Event.model_validate_json(body)
        except ValidationError:
            return NOT_AN_EVENT
        if message_id not in self._known:
            self._show(message_id, event)
            self._known[message_id] = None
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        return ACCEPTED


def subscribe(client: InsurerClient, url: str) -> WebhookSecret:
    """A webhook to this address with a new secret: the one that there is, or a new one.

    Raises what the fund refuses with, such as `webhook-target`.
    """
    for webhook in client.webhooks().webhooks:
        if webhook.url == url:
            client.enable_webhook(webhook.webhook_id)
            return client.rotate_webhook(webhook.webhook_id)
    return client.create_webhook(WebhookRequest(url=url))
