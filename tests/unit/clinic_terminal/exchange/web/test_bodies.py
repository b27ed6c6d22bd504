"""Reading a body: a client that sends too slowly, and one that is gone."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Message

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.web.bodies import read_body

pytestmark = pytest.mark.anyio


def request(*messages: Message) -> Request:
    """A request whose client sends these messages, then nothing more."""
    waiting = list(messages)

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return Request({"type": "http", "headers": []}, receive)


async def test_a_client_that_sends_too_slowly_is_refused() -> None:
    slow = request({"type": "http.request", "body": b"x", "more_body": True})
    with pytest.raises(TerminalError) as refused:
        await read_body(slow, 10, seconds=0.01)
    assert refused.value.code == "request-timeout"


async def test_a_client_that_is_gone_ends_the_reading() -> None:
    with pytest.raises(ClientDisconnect):
        await read_body(request({"type": "http.disconnect"}), 10)


async def test_parts_are_joined_up_to_the_limit() -> None:
    parts = [{"type": "http.request", "body": b"12345", "more_body": more} for more in (True, False)]
    assert await read_body(request(*parts), 10) == b"1234512345"
    with pytest.raises(TerminalError) as refused:
        await read_body(request(*parts), 9)
    assert refused.value.code == "request-too-large"
