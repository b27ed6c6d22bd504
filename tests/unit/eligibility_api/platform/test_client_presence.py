"""A task knows the client of the request that it was created for, and whether that has gone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from eligibility_api.platform.client_presence import Client, has_gone, present_client, set_client

pytestmark = pytest.mark.anyio


@dataclass
class Connection:
    disconnected: bool = False


async def test_a_task_inherits_the_client_that_was_set_before_it() -> None:
    async def client_later() -> Client | None:
        await asyncio.sleep(0)
        return present_client()

    one, two = Connection(), Connection()
    set_client(one)
    first = asyncio.create_task(client_later())
    set_client(two)
    second = asyncio.create_task(client_later())
    set_client(None)
    assert (await first, await second, present_client()) == (one, two, None)


@pytest.mark.parametrize(
    ("client", "gone"), [(None, False), (Connection(), False), (Connection(disconnected=True), True)]
)
def test_only_a_client_that_disconnected_has_gone(client: Client | None, gone: bool) -> None:
    assert has_gone(client) is gone
