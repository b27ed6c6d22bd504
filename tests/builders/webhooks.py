"""Webhooks at a real fund: subscriptions, a receiver in this process, and the job that sends to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

import httpx2

from eligibility_api.contract.tokens import Credential
from eligibility_api.contract.webhook_signatures import ID_HEADER, verify
from eligibility_api.contract.webhooks import WEBHOOKS_PATH
from eligibility_api.domain.webhooks import IPAddress
from eligibility_api.platform.clock import Clock
from eligibility_api.webhooks.connection import Connector
from eligibility_api.webhooks.outbox import Outbox
from eligibility_api.webhooks.sender import Sender, SenderContext
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER

Answer = Callable[[httpx2.Request], Awaitable[int]]


@dataclass
class Receiver:
    """The program at all targets: keeps what came, and answers each path with a status, 204 by default."""

    statuses: dict[str, int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    requests: list[httpx2.Request] = field(default_factory=list)

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one message; a silent path never does."""
        self.requests.append(request)
        if request.url.path in self.silent:
            await asyncio.Event().wait()
        return httpx2.Response(self.statuses.get(request.url.path, 204))

    def of(self, path: str) -> list[httpx2.Request]:
        """What came at a path, in its order."""
        return [request for request in self.requests if request.url.path == path]

    def events(self, path: str) -> list[dict[str, Any]]:
        """The events that came at a path, in their order."""
        return [json.loads(request.content) for request in self.of(path)]

    def ids(self, path: str) -> list[str]:
        """Their ids."""
        return [request.headers[ID_HEADER] for request in self.of(path)]


async def loopback_only(_: str, __: int) -> Sequence[IPAddress]:
    """A resolver for which every name is this machine."""
    return [ip_address("127.0.0.1")]


@dataclass
class FixedClock:
    """A clock that tests set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def webhook_job(
    fund: Fund, receiver: Receiver, *, places: int = 64, clock: Clock | None = None
) -> AsyncIterator[WebhookSteps]:
    """The job of webhooks, whose messages the receiver gets. `clock`: the fund's by default."""
    now = clock or fund.clock
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(receiver.answer)) as http:
        connector = Connector(http, loopback_only)
        context = SenderContext(fund.batch, now, fund.state.keys.webhook, connector)
        sender = Sender(context, places=places)
        try:
            yield WebhookSteps(Outbox(fund.batch, now), sender)
        finally:
            await sender.stop()


@dataclass(frozen=True)
class WebhookSteps:
    """The parts of the job, a step at a time."""

    outbox: Outbox
    sender: Sender

    async def find(self) -> None:
        """Queue every event that was recorded."""
        while await self.outbox.run_step():
            pass

    async def run(self) -> None:
        """Queue every event, and send whatever is due."""
        await self.find()
        while await self.sender.start_due():
            await self.sender.finish()


@dataclass(frozen=True)
class Subscription:
    """A webhook with its secret."""

    id: str
    secret: str
    public_key: str
    path: str

    def check(self, fund: Fund, request: httpx2.Request) -> str:
        """The id of a message that was signed for this webhook."""
        return verify(self.secret, request.headers, request.content, fund.clock())


async def subscribe(fund: Fund, credential: Credential, path: str, *events: str) -> Subscription:
    """Make a webhook to a path of this machine, for these events or all."""
    body: dict[str, Any] = {"url": f"http://127.0.0.1:9000{path}"} | ({"events": events} if events else {})
    made = await fund.post(WEBHOOKS_PATH, body, credential)
    assert made.status_code == 201, made.text
    values = made.json()
    return Subscription(values["webhook"]["webhook_id"], values["secret"], values["public_key"], path)


async def failures(fund: Fund, credential: Credential, subscription: Subscription) -> list[dict[str, Any]]:
    """The list of what failed."""
    answer = await fund.get(f"{WEBHOOKS_PATH}/{subscription.id}/failures", credential)
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["failures"]
    return listed


async def send_test(fund: Fund, credential: Credential, subscription: Subscription) -> str:
    """Ask for a test event, and return its id."""
    asked = await fund.post(f"{WEBHOOKS_PATH}/{subscription.id}/test", {}, credential)
    assert asked.status_code == 202, asked.text
    return str(asked.json()["event_id"])


async def record_file(fund: Fund, upload: str) -> None:
    """A record as the publication of a member file leaves it."""
    await fund.owner.fetch(
        "INSERT INTO audit_record (kind, outcome, insurer_number, detail)"
        " VALUES ('enrolment.file', 'done', $1, jsonb_build_object('upload', $2::text))",
        [INSURER, upload],
    )


async def webhooks_of(fund: Fund, credential: Credential) -> list[dict[str, Any]]:
    """The webhooks that a client has."""
    answer = await fund.get(WEBHOOKS_PATH, credential)
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["webhooks"]
    return listed


async def delete_all(fund: Fund) -> None:
    """Delete all webhooks."""
    await fund.owner.fetch(
        "UPDATE webhook SET deleted_at = now(), next_at = NULL WHERE deleted_at IS NULL", ()
    )


async def run_at(fund: Fund, job: WebhookSteps, since_start: timedelta) -> None:
    """Run the job at another time."""
    fund.clock.offset = since_start
    await job.run()
