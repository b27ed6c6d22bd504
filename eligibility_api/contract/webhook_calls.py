"""The calls about one's own webhooks, which facilities' and insurers' clients share."""

from __future__ import annotations

from uuid import UUID

from eligibility_api.contract.fund_caller import FundCaller, Model
from eligibility_api.contract.webhooks import (
    WEBHOOKS_PATH,
    FailedDeliveries,
    RequestedTest,
    Webhook,
    WebhookRequest,
    Webhooks,
    WebhookSecret,
)


class WebhookCalls(FundCaller):
    """One method per call."""

    def create_webhook(self, request: WebhookRequest) -> WebhookSecret:
        """Let events be sent to an address; the secret is shown this once."""
        return self._call(WebhookSecret, WEBHOOKS_PATH, request)

    def webhooks(self) -> Webhooks:
        """The webhooks of the caller's insurer or facility."""
        return self._get(Webhooks, WEBHOOKS_PATH)

    def rotate_webhook(self, webhook_id: UUID) -> WebhookSecret:
        """Give a webhook a new secret."""
        return self._act(WebhookSecret, webhook_id, "rotate")

    def enable_webhook(self, webhook_id: UUID) -> Webhook:
        """Let events be sent to a disabled webhook again."""
        return self._act(Webhook, webhook_id, "enable")

    def test_webhook(self, webhook_id: UUID) -> RequestedTest:
        """Let an event of the type `test` be sent."""
        return self._act(RequestedTest, webhook_id, "test")

    def webhook_failures(self, webhook_id: UUID, after: str | None = None) -> FailedDeliveries:
        """What a webhook did not accept, newest first."""
        return self._get(FailedDeliveries, f"{WEBHOOKS_PATH}/{webhook_id}/failures", after=after)

    def _act(self, model: type[Model], webhook_id: UUID, act: str) -> Model:
        return self._read(model, self._send(f"{WEBHOOKS_PATH}/{webhook_id}/{act}", token=self.sign_in()))
