"""HTTP: an insurer's or facility's own webhooks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.webhooks import (
    WEBHOOKS_PATH,
    FailedDeliveries,
    RequestedTest,
    Webhook,
    WebhookRequest,
    Webhooks,
    WebhookSecret,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import problem_responses
from eligibility_api.webhooks import service

router = APIRouter(
    prefix=WEBHOOKS_PATH, tags=["webhooks"], route_class=rights_first(Right.ENROLMENT, Right.CONSENT)
)

_REFUSALS = ("token-invalid", "right-missing", "client-closed", "database-unavailable")
_OWN = problem_responses(*_REFUSALS, "not-found")

From = Annotated[Caller, Depends(current_caller)]
At = Annotated[State, Depends(current_state)]
After = Annotated[
    str | None,
    Query(max_length=200, description="`next` of the previous page; the first page when left out."),
]


@router.post(
    "",
    status_code=201,
    summary="Make a webhook",
    responses=problem_responses(*_REFUSALS, "webhook-target", "webhook-limit"),
)
async def create(request: WebhookRequest, caller: From, state: At) -> WebhookSecret:
    """Events of the caller's own insurer or facility are sent to this address from now on.

    The secret is shown this once. At most 5 webhooks.
    """
    return await service.create(state, caller, request)


@router.get("", summary="List own webhooks", responses=problem_responses(*_REFUSALS))
async def listed(caller: From, state: At) -> Webhooks:
    """Those of every client of the insurer or facility."""
    return await service.listed(state, caller)


@router.post("/{webhook_id}/rotate", summary="Rotate the secret", responses=_OWN)
async def rotate(webhook_id: UUID, caller: From, state: At) -> WebhookSecret:
    """A new secret. For a day messages have signatures of the former one too."""
    return await service.rotate(state, caller, webhook_id)


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    summary="Send a test event",
    responses=problem_responses(*_REFUSALS, "not-found", "webhook-limit"),
)
async def send_test(webhook_id: UUID, caller: From, state: At) -> RequestedTest:
    """An event of the type `test` is sent, after those that wait."""
    return await service.send_test(state, caller, webhook_id)


@router.get(
    "/{webhook_id}/failures",
    summary="List failed deliveries",
    responses=problem_responses(*_REFUSALS, "not-found", "cursor-invalid"),
)
async def failures(webhook_id: UUID, caller: From, state: At, after: After = None) -> FailedDeliveries:
    """Events that were not accepted within their time, newest first, for 30 days."""
    return await service.failed(state, caller, webhook_id, after)


@router.post("/{webhook_id}/enable", summary="Enable a disabled webhook", responses=_OWN)
async def enable(webhook_id: UUID, caller: From, state: At) -> Webhook:
    """Events are sent again from now on. What failed stays in the list."""
    return await service.enable(state, caller, webhook_id)


@router.delete("/{webhook_id}", status_code=204, summary="Delete a webhook", responses=_OWN)
async def remove(webhook_id: UUID, caller: From, state: At) -> None:
    """Nothing is sent from now on, and its secrets are erased."""
    await service.remove(state, caller, webhook_id)
