"""HTTP: a facility's subscription to its consents. It is a webhook, whose messages are FHIR notifications with ids only."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.webhooks import (
    MAX_URL_LENGTH,
    Webhook,
    WebhookRequest,
    WebhookSecret,
    WebhookState,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.state import State, current_state
from eligibility_api.web.operation_outcomes import FHIR_MEDIA_TYPE, FHIR_PATH
from eligibility_api.webhooks import service
from eligibility_api.webhooks.fhir_message import (
    CONSENT_EVENTS,
    CONSENTS_TOPIC,
    PAYLOAD_CONTENT,
    SUBSCRIPTION_PROFILE,
)

SECRET: Final = "urn:shikaku:fhir:webhook-secret"
PUBLIC_KEY: Final = "urn:shikaku:fhir:webhook-public-key"
"""Extensions of the answer to a new subscription: what verifies its messages, shown this once."""

router = APIRouter(
    prefix=f"{FHIR_PATH}/Subscription", include_in_schema=False, route_class=rights_first(Right.CONSENT)
)

From = Annotated[Caller, Depends(current_caller)]
At = Annotated[State, Depends(current_state)]


class _Element(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Channel(_Element):
    """Where notifications go. Further headers are not sent, so that they are refused rather than dropped."""

    type: Literal["rest-hook"]
    endpoint: Annotated[str, Field(min_length=1, max_length=MAX_URL_LENGTH)]
    payload: Literal["application/fhir+json"] = "application/fhir+json"
    header: None = None


class SubscriptionRequest(_Element):
    """The elements of a Subscription that the fund uses."""

    resource_type: Literal["Subscription"] = Field(alias="resourceType")
    status: Literal["requested"]
    criteria: Literal["urn:shikaku:fhir:topic:consents"]
    channel: Channel


@router.post("")
async def create(request: Request, caller: From, state: At) -> JSONResponse:
    """A new subscription, active at once, with its secret. Raises as the plain call."""
    asked = _read(await request.body())
    wanted = WebhookRequest(url=asked.channel.endpoint, events=CONSENT_EVENTS)
    caller.institution()
    made = await service.create(state, caller, wanted, form="fhir")
    headers = {"Location": f"{FHIR_PATH}/Subscription/{made.webhook.webhook_id}"}
    return JSONResponse(_made(made), status_code=201, media_type=FHIR_MEDIA_TYPE, headers=headers)


@router.get("/{webhook_id}")
async def read(webhook_id: UUID, caller: From, state: At) -> JSONResponse:
    """A subscription of the facility. Raises `not-found`."""
    found = await service.one(state, caller, webhook_id, form="fhir")
    return JSONResponse(resource_of(found), media_type=FHIR_MEDIA_TYPE)


@router.delete("/{webhook_id}", status_code=204)
async def remove(webhook_id: UUID, caller: From, state: At) -> None:
    """End a subscription. Raises `not-found`."""
    await service.one(state, caller, webhook_id, form="fhir")
    await service.remove(state, caller, webhook_id)


def _read(body: bytes) -> SubscriptionRequest:
    try:
        return SubscriptionRequest.model_validate_json(body)
    except ValidationError as error:
        faults = [
            fault | {"loc": ("Subscription", *fault["loc"])}
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise RequestValidationError(faults) from None


def _made(made: WebhookSecret) -> dict[str, Any]:
    extension = [
        {"url": SECRET, "valueString": made.secret},
        {"url": PUBLIC_KEY, "valueString": made.public_key},
    ]
    return resource_of(made.webhook) | {"extension": extension}


def resource_of(webhook: Webhook) -> dict[str, Any]:
    """A webhook as a Subscription (R4, profile of the Backport guide)."""
    resource: dict[str, Any] = {
        "resourceType": "Subscription",
        "id": str(webhook.webhook_id),
        "meta": {"profile": [SUBSCRIPTION_PROFILE]},
        "status": "active" if webhook.state is WebhookState.ACTIVE else "error",
        "reason": "The facility's own consents: given, ended, withdrawn.",
        "criteria": CONSENTS_TOPIC,
        "channel": {
            "type": "rest-hook",
            "endpoint": webhook.url,
            "payload": FHIR_MEDIA_TYPE,
            "_payload": {"extension": [{"url": PAYLOAD_CONTENT, "valueCode": "id-only"}]},
        },
    }
    return resource if webhook.disabled_because is None else resource | {"error": webhook.disabled_because}
