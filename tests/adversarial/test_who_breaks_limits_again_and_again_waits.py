"""Refusals have a cost: who causes them again and again waits for them, and nobody else does."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from pathlib import Path
from typing import cast

import pytest

from eligibility_api.web.server import connection
from eligibility_api.web.server.admission import OFTEN
from eligibility_api.web.server.connection import LimitedConnection, Stage
from eligibility_api.web.server.protocol import OPERATION_PATHS
from tests.builders.real_server import Client, RealServer, chunked, real_server, request

pytestmark = pytest.mark.anyio

ATTACKER, HONEST, PROXY = "127.0.0.66", "127.0.0.1", "127.0.0.99"
FLOOD = OFTEN + 24

EXCESSES = {
    "a URL": (b"GET /" + b"y" * 2_000, 414),
    "a header": (b"GET / HTTP/1.1\r\nx: " + b"y" * 2_000, 431),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "a body": (request("POST", "/x", b"y", None, 9_000_000), 413),
    "chunks": (chunked("/x", b"y" * 4_000), 413),
}


def waiting(server: RealServer) -> list[LimitedConnection]:
    """The connections that wait for their refusal."""
    connections = [cast(LimitedConnection, one) for one in server.admission.open]
    return [one for one in connections if one._stage is Stage.REFUSAL]


def end_the_wait(server: RealServer) -> None:
    """The next sweep answers those that wait."""
    for one in waiting(server):
        one.deadline = 0.0


async def flood(server: RealServer, data: bytes, host: str) -> list[Client]:
    return [await server.send(data, host) for _ in range(FLOOD)]


@pytest.mark.parametrize("excess", EXCESSES)
async def test_it_waits_for_its_refusals_and_another_address_does_not(
    excess: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_PAUSE_SECONDS", 60.0)
    data, status = EXCESSES[excess]
    async with real_server(max_connections=1_000) as server, asyncio.timeout(30):
        clients = await flood(server, data, ATTACKER)
        await server.until(lambda: len(waiting(server)) >= FLOOD - 2 * OFTEN)  # of two seconds at most
        assert (await server.ask(data, HONEST)).status == status
        assert (await server.ask(request("GET", "/x"), ATTACKER)).status == 200
        assert {one._address for one in waiting(server)} == {ATTACKER}

        end_the_wait(server)
        answers = [await client.answer() for client in clients]
        assert {answer.status for answer in answers} == {status}
        assert all([await client.ends() for client in clients])


async def test_what_it_still_sends_meanwhile_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_PAUSE_SECONDS", 60.0)
    data, _ = EXCESSES["a header"]
    async with real_server(max_connections=1_000) as server, asyncio.timeout(30):
        await flood(server, data, ATTACKER)
        await server.until(lambda: waiting(server))
        read = [(one, one._discarded_bytes) for one in waiting(server)]
        assert read
        for client in server.clients:
            client.writer.write(b"y" * 100_000)
        assert (await server.ask(request("GET", "/x"), HONEST)).status == 200
        assert all(one._discarded_bytes == before and one.flow.read_paused for one, before in read)


async def test_behind_a_listed_proxy_or_a_unix_socket_nobody_waits_for_anothers_refusals(
    tmp_path: Path,
) -> None:
    data, status = EXCESSES["a header"]
    proxies = (ip_network(PROXY),)
    async with real_server(max_connections=1_000, proxies=proxies) as server, asyncio.timeout(30):
        for _ in range(FLOOD):
            assert (await server.ask(data, PROXY)).status == status
    async with real_server(max_connections=1_000, unix=tmp_path / "s") as server, asyncio.timeout(30):
        for _ in range(FLOOD):
            assert (await server.ask(data)).status == status


async def test_a_request_in_progress_is_answered_before_what_follows_it_is_refused() -> None:
    data, status = EXCESSES["a header"]
    async with real_server(max_connections=1_000) as server, asyncio.timeout(30):
        client = await server.send(request("GET", "/wait"), ATTACKER)
        await server.until(lambda: server.app.started)
        for _ in range(FLOOD):
            await server.send(data, ATTACKER)
        await server.until(lambda: waiting(server))
        await client.send(data)
        server.app.go_on.set()
        assert (await client.answer()).status == 200
        assert (await client.answer()).status == status


async def test_an_address_that_stops_is_refused_at_once_again() -> None:
    data, status = EXCESSES["a header"]
    async with real_server(max_connections=1_000) as server, asyncio.timeout(30):
        await flood(server, data, ATTACKER)
        await server.until(lambda: waiting(server))
        await server.until(lambda: not server.admission._refused_addresses)  # a second has passed
        assert (await server.ask(data, ATTACKER)).status == status
        assert server.admission._refused_addresses[ATTACKER] == 1


async def test_each_refusal_without_a_valid_token_doubles_the_pause_until_one_arrives() -> None:
    async with real_server() as server, asyncio.timeout(30):
        client = await server.connect()
        await server.until(lambda: server.admission.open)
        (own,) = (cast(LimitedConnection, one) for one in server.admission.open)
        pauses = []
        for _ in range(6):
            await client.send(request("GET", "/v1/x"))
            assert (await client.answer()).status == 401
            assert own._stage is Stage.PAUSE
            pauses.append(own.deadline - server.admission.now)
            own.deadline = 0.0
        assert pauses == [1, 2, 4, 8, 8, 8]

        await client.send(request("GET", "/v1/x", token="one"))
        assert (await client.answer()).status == 200
        assert own._stage is Stage.IDLE


@pytest.mark.parametrize("path", sorted(OPERATION_PATHS))
async def test_who_asks_for_the_services_state_without_end_is_not_read_for_a_while(path: str) -> None:
    async with real_server() as server, asyncio.timeout(30):
        client = await server.connect()
        await server.until(lambda: server.admission.open)
        (own,) = (cast(LimitedConnection, one) for one in server.admission.open)
        stages = []
        for _ in range(OFTEN + 2):
            await client.send(request("GET", path))
            assert (await client.answer()).status == 200
            stages.append(own._stage)
            own.deadline = 0.0 if own._stage is Stage.PAUSE else own.deadline
        assert stages == [Stage.IDLE] * OFTEN + [Stage.PAUSE] * 2
        assert (await server.ask(request("GET", path))).status == 200


async def test_a_listed_proxy_may_ask_for_the_services_state_without_end() -> None:
    async with real_server(proxies=(ip_network(PROXY),)) as server, asyncio.timeout(30):
        client = await server.connect(PROXY)
        for _ in range(2 * OFTEN):
            await client.send(request("GET", "/readyz"))
            assert (await client.answer()).status == 200
        (own,) = (cast(LimitedConnection, one) for one in server.admission.open)
        assert own._stage is Stage.IDLE
