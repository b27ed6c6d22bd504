"""Which targets are connected to, and by which address. Rules E3, E4; what targets do is in tests/adversarial."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import httpx2
import pytest

from eligibility_api.domain.webhooks import IPAddress
from eligibility_api.webhooks.connection import Attempt, Connector

pytestmark = pytest.mark.anyio

Answer = Callable[[httpx2.Request], httpx2.Response]


def never(request: httpx2.Request) -> httpx2.Response:
    raise AssertionError("a request was sent")


@asynccontextmanager
async def connector(*addresses: str, answer: Answer = never) -> AsyncIterator[Connector]:
    """A connector for whose resolver every name has these addresses."""

    async def resolve(_: str, __: int) -> Sequence[IPAddress]:
        return [ip_address(address) for address in addresses]

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        yield Connector(http, resolve)


@pytest.mark.parametrize(
    ("url", "entries", "addresses", "result"),
    [
        ("https://hooks.example/", {}, ["8.8.8.8"], "target-not-allowed"),
        ("http://127.0.0.1:9000/", {"https://hooks.example": True}, [], "target-not-allowed"),
        ("not a url", {"loopback": False}, ["127.0.0.1"], "target-not-allowed"),
        ("https://hooks.example/", {"https://hooks.example": False}, ["127.0.0.1"], "address-not-allowed"),
        (
            "https://hooks.example/",
            {"https://hooks.example": True},
            ["169.254.169.254"],
            "address-not-allowed",
        ),
        ("https://hooks.example/", {"https://hooks.example": False}, ["10.0.0.1"], "address-not-allowed"),
        (
            "https://hooks.example/",
            {"https://hooks.example": False},
            ["8.8.8.8", "10.0.0.1"],
            "address-not-allowed",
        ),
        ("http://localhost:9000/", {"loopback": False}, ["8.8.8.8"], "address-not-allowed"),
    ],
    ids=range(8),
)
async def test_what_is_not_allowed_is_not_connected_to(
    url: str, entries: dict[str, bool], addresses: list[str], result: str
) -> None:
    """Rules E3, E4."""
    async with connector(*addresses) as sending:
        assert await sending.send(url, entries, {}, b"{}") == Attempt(None, result)


async def test_the_checked_address_is_connected_to_under_the_targets_name() -> None:
    """Rule E4: a name that changes its address after the check reaches nothing; certificate and Host are the name's."""
    requests: list[httpx2.Request] = []

    def receive(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(204)

    entries = {"https://hooks.example:8443": False}
    async with connector("2606:4700::1111", "8.8.8.8", answer=receive) as sending:
        attempted = await sending.send("https://hooks.example:8443/e", entries, {}, b"{}")
    assert attempted == Attempt(204, "status-204")
    [request] = requests
    assert str(request.url) == "https://[2606:4700::1111]:8443/e"
    assert request.headers["host"] == "hooks.example:8443"
    assert request.extensions["sni_hostname"] == "hooks.example"


async def test_a_name_that_does_not_resolve_is_a_failed_connection() -> None:
    async def resolve(_: str, __: int) -> Sequence[IPAddress]:
        raise OSError("no such name")

    async with httpx2.AsyncClient() as http:
        sending = Connector(http, resolve)
        entries = {"https://hooks.example": False}
        assert await sending.send("https://hooks.example/", entries, {}, b"{}") == Attempt(None, "connection")


async def test_a_silent_name_server_takes_no_longer_than_an_attempt() -> None:
    async def resolve(_: str, __: int) -> Sequence[IPAddress]:
        await asyncio.Event().wait()
        return []

    async with httpx2.AsyncClient() as http:
        sending = Connector(http, resolve, seconds=0.05)
        entries = {"https://hooks.example": False}
        assert await sending.send("https://hooks.example/", entries, {}, b"{}") == Attempt(None, "timeout")
