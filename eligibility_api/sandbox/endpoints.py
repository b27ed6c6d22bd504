"""HTTP: the sandbox's own interface, `/sandbox/…`: switches of faults, the log of requests, replay, events of webhooks.

It has no log-in: a sandbox has no real person, and listens where vendors test. A page of another site cannot use it:
changes are JSON, which a browser sends nowhere else without asking.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import httpx2
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.sandbox.faults import (
    DEFAULT_SLOW_SECONDS,
    EVERY_CALLER,
    MAX_FOR_SECONDS,
    MAX_SLOW_SECONDS,
    REFUSALS,
    FaultName,
    Switch,
)
from eligibility_api.sandbox.middleware import REPLAY_HEADER
from eligibility_api.sandbox.store import SandboxStore, TooManySwitches
from eligibility_api.state import State, current_state
from eligibility_api.webhooks import service as webhooks

PREFIX = "/sandbox"
MAX_LISTED = 200

router = APIRouter(prefix=PREFIX, include_in_schema=False)

_CALLER = r"^(\*|[0-9]{6,10})$"


class SwitchRequest(BaseModel):
    """Turn a fault on. `for_seconds`: it ends by itself after them. `seconds`: of a slow answer."""

    model_config = ConfigDict(extra="forbid")
    fault: FaultName
    caller: str = Field(default=EVERY_CALLER, pattern=_CALLER, max_length=10)
    for_seconds: int = Field(default=60, ge=1, le=MAX_FOR_SECONDS)
    seconds: float = Field(default=DEFAULT_SLOW_SECONDS, ge=0, le=MAX_SLOW_SECONDS)


class StrictRequest(BaseModel):
    """Switch the strict mode."""

    model_config = ConfigDict(extra="forbid")
    strict: bool


class EndRequest(BaseModel):
    """Turn a fault off."""

    model_config = ConfigDict(extra="forbid")
    fault: FaultName
    caller: str = Field(default=EVERY_CALLER, pattern=_CALLER, max_length=10)


async def current_store(request: Request) -> SandboxStore:
    """The sandbox's store of this process."""
    store = request.app.state.sandbox
    assert isinstance(store, SandboxStore)
    return store


Store = Annotated[SandboxStore, Depends(current_store)]
At = Annotated[State, Depends(current_state)]
Number = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/faults")
async def faults(store: Store, state: At) -> dict[str, Any]:
    """Every fault, the codes with which some of them answer, the switches that are on, and whether the strict mode is."""
    return {
        "faults": list(FaultName),
        "refusals": REFUSALS,
        "switches": [_shown(one) for one in store.switches(state.clock())],
        "strict": store.is_strict(default=state.settings.sandbox_strict),
    }


@router.post("/strict", status_code=204)
async def set_strict(request: StrictRequest, store: Store) -> None:
    """Switch the strict mode on or off, until somebody switches it again."""
    store.set_strict(strict=request.strict)


@router.post("/faults")
async def turn_on(request: SwitchRequest, store: Store, state: At) -> dict[str, Any]:
    """Turn a switch on. Raises `overloaded` if too many are on."""
    now = state.clock()
    until = now + timedelta(seconds=request.for_seconds)
    switch = Switch(request.fault, request.caller, now, until, request.seconds)
    try:
        store.turn_on(switch)
    except TooManySwitches as error:
        raise ShikakuError("overloaded", retry_after=MAX_FOR_SECONDS) from error
    return _shown(switch)


@router.post("/faults/end", status_code=204)
async def turn_off(request: EndRequest, store: Store) -> None:
    """Turn a switch off."""
    store.turn_off(request.fault, request.caller)


@router.get("/requests")
async def requests(store: Store, limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50) -> dict[str, Any]:
    """The latest requests, newest first."""
    return {"requests": store.requests(limit)}


@router.get("/requests/{number}")
async def one_request(number: Number, store: Store) -> dict[str, Any]:
    """A request, and the one before it of the same client, method and path. Raises `not-found`."""
    found = _found(store, number)
    return {"request": found, "former": store.former(found)}


@router.post("/requests/{number}/replay")
async def replay(number: Number, request: Request, store: Store, state: At) -> dict[str, Any]:
    """Send a request again, with a new token of its client. Raises `not-found`, also where its body is not kept.

    What may be used once, such as a card's proof, is refused as it would be for the client.
    """
    found = _found(store, number)
    if found["client_id"] is None or found["body"] is None:
        raise ShikakuError("not-found")
    headers = json.loads(found["headers"]) | {
        "authorization": f"Bearer {state.tokens.issue(_client_of(found), state.clock())}",
        REPLAY_HEADER: str(number),
    }
    url = found["path"] + (f"?{found['query']}" if found["query"] else "")
    transport = httpx2.ASGITransport(request.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        response = await http.request(found["method"], url, content=found["body"], headers=headers)
    return {"number": store.requests(1)[0]["id"], "status": response.status_code}


@router.get("/events")
async def events(state: At, limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50) -> dict[str, Any]:
    """The latest events of everybody's webhooks, newest first."""
    return {"events": await webhooks.latest(state, limit)}


def _found(store: SandboxStore, number: int) -> dict[str, Any]:
    found = store.request(number)
    if found is None:
        raise ShikakuError("not-found")
    return found


def _client_of(found: dict[str, Any]) -> Caller:
    """The client of a kept request; its name is an insurer's number with eight digits or six, else a facility's."""
    name = found["caller"]
    is_insurer = name is not None and len(name) <= 8
    rights = frozenset(Right(right) for right in found["rights"].split())
    return Caller(
        UUID(found["client_id"]), None if is_insurer else name, name if is_insurer else None, rights
    )


def _shown(switch: Switch) -> dict[str, Any]:
    return {
        "fault": switch.fault,
        "caller": switch.caller,
        "since": switch.since,
        "until": switch.until,
        "seconds": switch.seconds,
    }
