"""Bytes of a message on the wire, computed by hand; a pool that adds them up."""

from __future__ import annotations

import asyncio

import pytest

from loadtest.http_client.connection import Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.planning import wire


@pytest.mark.parametrize(
    ("message", "packets", "on_wire"),
    [
        (1, 1, 1 + 22 + 90),
        (1426, 1, 1426 + 22 + 90),
        (1427, 2, 1427 + 22 + 2 * 90),
        (16 * 1024, 12, 16 * 1024 + 22 + 12 * 90),
        (16 * 1024 + 1, 12, 16 * 1024 + 1 + 2 * 22 + 12 * 90),
    ],
)
def test_records_and_packets(message: int, packets: int, on_wire: int) -> None:
    assert (wire.packets(message), wire.on_wire(message)) == (packets, on_wire)


def test_an_answer_is_acknowledged_by_one_packet_for_every_two() -> None:
    assert wire.up(100, 100) == 100 + 22 + 90 + 90
    assert wire.up(100, 4000) == 100 + 22 + 90 + 2 * 90
    assert wire.down(100) == 100 + 22 + 90


def test_a_metered_pool_adds_up_its_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answered(_: ConnectionPool, __: bytes) -> Reply:
        return Reply(200, b"{}", 2000)

    monkeypatch.setattr(ConnectionPool, "exchange", answered)
    pool = wire.MeteredConnectionPool("http://127.0.0.1:1", max_connections=1, timeout_seconds=1)
    for _ in range(2):
        asyncio.run(pool.exchange(b"x" * 700))
    assert (pool.up, pool.down) == (2 * wire.up(700, 2000), 2 * wire.down(2000))
