"""A client that sends more than its share is refused; the others are answered, and do not wait for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from ipaddress import ip_network
from pathlib import Path

import pytest

from eligibility_api.web.server import fair_share
from eligibility_api.web.server.fair_share import NEW_VISIT_SECONDS
from tests.builders.real_server import Client, RealServer, chunked, real_server, request

pytestmark = pytest.mark.anyio

CAPACITY = 64
ATTACKER, HONEST = "127.0.0.66", "127.0.0.1"
PROXIES = (ip_network("127.0.0.99"),)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, too, clients stay active and new visits wait."""
    for name in ("ACTIVE_SECONDS", "NEW_VISIT_SECONDS"):
        monkeypatch.setattr(fair_share, name, 60.0)


async def flood(
    server: RealServer, count: int, token: str | None = None, host: str = ATTACKER, path: str = "/wait"
) -> list[Client]:
    """So many requests at once, none of which ends by itself; waits until the server has them."""
    requests = server.admission.requests
    before = requests.in_progress + requests.waiting
    clients = [await server.send(request("GET", f"{path}/{n}", token=token), host) for n in range(count)]
    await server.until(lambda: requests.in_progress + requests.waiting >= min(before + count, CAPACITY))
    return clients


async def outcomes(clients: list[Client]) -> Counter[tuple[int, str | None]]:
    """The responses, in any order."""
    answers = await asyncio.gather(*(client.answer() for client in clients))
    return Counter((answer.status, answer.code if answer.status != 200 else None) for answer in answers)


@pytest.mark.parametrize(
    ("attacker", "honest"),
    [
        ({"host": ATTACKER}, {"host": HONEST}),
        ({"token": "one", "host": HONEST}, {"token": "two", "host": HONEST}),
        ({"token": "one", "host": ATTACKER}, {"host": HONEST}),
        ({"host": HONEST}, {"token": "two", "host": HONEST}),
        ({"token": "forged", "host": HONEST}, {"token": "two", "host": HONEST}),
    ],
    ids=["addresses", "tokens", "token and address", "the same address", "a forged token"],
)
async def test_a_flood_is_refused_to_its_sender_alone(
    attacker: dict[str, str], honest: dict[str, str]
) -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        flooding = await flood(server, CAPACITY + 30, **attacker)
        for _ in range(20):
            data = request("GET", "/x", token=honest.get("token"))
            assert (await server.ask(data, honest["host"])).status == 200
        server.app.go_on.set()
        answers = await outcomes(flooding)
        assert answers.keys() == {(200, None), (503, "overloaded")}
        assert answers[503, "overloaded"] >= 30


async def test_a_client_alone_may_use_all_of_it() -> None:
    """A hospital, or a proxy, is one address."""
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        clients = await flood(server, CAPACITY)
        server.app.go_on.set()
        assert await outcomes(clients) == {(200, None): CAPACITY}


async def test_many_honest_clients_that_wait_for_another_organisation_are_not_refused() -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        clients = []
        for n in range(CAPACITY // 4):
            clients += await flood(server, 4, host=f"127.0.1.{n + 1}", path="/elsewhere")
        await asyncio.sleep(2 * NEW_VISIT_SECONDS)
        server.app.go_on.set()
        assert await outcomes(clients) == {(200, None): CAPACITY}


async def test_a_flood_has_no_more_in_progress_than_its_share(unhurried: None) -> None:
    async with real_server(max_requests=1_024, max_connections=2_000) as server, asyncio.timeout(30):
        for host in (HONEST, "127.0.0.2", "127.0.0.3"):
            await server.ask(request("GET", "/x"), host)
        await flood(server, 60)
        assert len(server.app.started) == 3 + 8  # of four clients, each may have a quarter of 32 in progress


async def test_requests_of_clients_that_give_up_are_not_started() -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        clients = await flood(server, 40)
        started = len(server.app.started)
        for client in clients[started:]:
            await client.close()
        await server.until(lambda: not server.admission.requests.waiting)
        server.app.go_on.set()
        await outcomes(clients[:started])
        assert len(server.app.started) == started


async def test_a_client_that_gives_up_right_after_its_request_costs_no_work_under_load(
    unhurried: None,
) -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        for n in range(10):
            await flood(server, 2, host=f"127.0.1.{n + 1}")
        assert server.admission.requests.is_busy
        for _ in range(5):
            client = await server.connect()
            client.writer.write(request("GET", "/gone"))
            client.writer.close()  # what the server reads next is the end
        await server.until(lambda: len(server.admission.open) == 20)
        assert "/gone" not in server.app.started


async def test_liveness_is_answered_although_its_address_has_no_share_left() -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        await flood(server, CAPACITY + 10)
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await server.ask(request("GET", path), ATTACKER)).status == 200


async def test_what_watches_the_service_is_inside_the_bounds() -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        requests = [request("GET", "/metrics")] * 5
        for data in requests:
            await server.ask(data)
        assert server.admission.requests.in_progress == 0
        await server.send(request("GET", "/wait/1"))
        await server.until(lambda: server.admission.requests.in_progress == 1)


@pytest.mark.parametrize("listed", [True, False])
async def test_a_reported_address_counts_only_from_a_listed_proxy(listed: bool) -> None:
    proxies = PROXIES if listed else ()
    async with real_server(max_requests=CAPACITY, max_connections=1_000, proxies=proxies) as server:
        attack = request("GET", "/wait", b"", None, None, "X-Forwarded-For: 198.51.100.66")
        for _ in range(CAPACITY):
            await server.send(attack, "127.0.0.99")
        requests = server.admission.requests
        await server.until(lambda: requests.in_progress + requests.waiting == CAPACITY)
        honest = request("GET", "/x", b"", None, None, "X-Forwarded-For: 198.51.100.1")
        answer = await server.ask(honest, "127.0.0.99")
        assert answer.status == (200 if listed else 503)


async def test_behind_a_unix_socket_the_client_is_the_token(tmp_path: Path) -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000, unix=tmp_path / "s") as server:
        for n in range(CAPACITY):
            header = f"X-Forwarded-For: 198.51.100.{n}"  # nobody there is listed, so it does not count
            await server.send(request("GET", "/wait", b"", "forged", None, header))
        requests = server.admission.requests
        await server.until(lambda: requests.in_progress + requests.waiting == CAPACITY)
        assert (await server.ask(request("GET", "/x"))).outcome == (503, "overloaded")
        assert (await server.ask(request("GET", "/x", token="two"))).status == 200


async def test_a_client_with_an_excess_is_not_read_until_it_may_ask_again() -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        client = await server.send(request("GET", "/x", token="one"))
        assert (await client.answer()).status == 200
        await flood(server, CAPACITY, "one")
        await client.send(request("GET", "/x", token="one"))
        assert (await client.answer()).status == 503
        began = asyncio.get_running_loop().time()
        await client.send(request("GET", "/x", token="one"))
        assert (await client.answer()).status == 503
        assert asyncio.get_running_loop().time() - began > 0.5


async def test_a_refused_client_with_a_token_keeps_its_connection() -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        client = await server.send(request("GET", "/x", token="one"))
        assert (await client.answer()).status == 200
        flooding = await flood(server, CAPACITY, "one")
        await client.send(request("GET", "/x", token="one"))
        answer = await client.answer()
        assert (*answer.outcome, answer.headers["retry-after"]) == (503, "overloaded", "1")
        server.app.go_on.set()
        await outcomes(flooding)
        await client.send(request("GET", "/x", token="one"))
        assert (await client.answer()).status == 200


@pytest.mark.parametrize(
    "begin",
    [
        request("POST", "/x", b"y", None, 100),
        request("POST", "/x", b"y", "one", 100),
        chunked("/x", b"y"),
        b"GET /x HTTP/1.1\r\nHost:",
    ],
    ids=["body", "with a token", "chunked", "headers"],
)
async def test_a_slow_request_takes_no_place(begin: bytes) -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        for _ in range(CAPACITY * 3):
            await server.send(begin, HONEST)
        for _ in range(10):
            assert (await server.ask(request("GET", "/x"), HONEST)).status == 200
        assert server.app.started == ["/x"] * 10


async def test_slow_uploads_take_no_more_places_than_a_share() -> None:
    async with real_server(max_requests=CAPACITY, max_connections=1_000) as server, asyncio.timeout(30):
        for _ in range(CAPACITY * 2):
            await server.send(request("POST", "/large", b"y", "one", 100_000))
        await server.until(lambda: server.admission.requests.waiting)
        for _ in range(10):
            assert (await server.ask(request("GET", "/x", token="two"))).status == 200
        assert server.app.started.count("/large") <= CAPACITY // 32


@pytest.mark.parametrize("host", [ATTACKER, HONEST], ids=["another address", "the same address"])
async def test_more_connections_than_the_server_keeps_close_no_honest_one(host: str) -> None:
    async with real_server(max_connections=64) as server, asyncio.timeout(30):
        terminal = await server.send(request("GET", "/first", token="one"), HONEST)
        assert (await terminal.answer()).status == 200
        for n in range(500):
            await server.send(b"GET / HTTP/1.1\r\n", host)
            if n % 50 == 0:
                assert (await server.ask(request("GET", "/new"), HONEST)).status == 200
        assert len(server.admission.table) <= 64
        await terminal.send(request("GET", "/second", token="one"))
        assert (await terminal.answer()).status == 200
