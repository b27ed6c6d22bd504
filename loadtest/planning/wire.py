"""The size of a message on the wire between a facility and the fund, computed from its size as HTTP.

TLS splits it into records of at most 16 KiB, each with 22 bytes of overhead (RFC 8446, 5.2: five of header,
one of type, sixteen of the tag). TCP splits these into packets of 1,448 bytes, each with 90 bytes of overhead
on Ethernet: 20 of IPv4, 32 of TCP with its timestamps, 14 and 4 of the frame, 8 before and 12 after it. An
answer is acknowledged by one packet for every two of its own; a request by its answer. Handshakes are not
counted: TLS ends at a proxy in front of the fund, which is not measured here.
"""

from __future__ import annotations

from math import ceil

from loadtest.http_client.connection import Reply
from loadtest.http_client.pool import ConnectionPool

RECORD, RECORD_OVERHEAD = 16 * 1024, 22
PACKET, PACKET_OVERHEAD = 1448, 90


def packets(message: int) -> int:
    """The number of packets of a message of `message` bytes."""
    return ceil(_records(message) / PACKET)


def on_wire(message: int) -> int:
    """The bytes of a message on the wire."""
    return _records(message) + packets(message) * PACKET_OVERHEAD


def up(request: int, answer: int) -> int:
    """Bytes on the wire to the fund: the request, and the acknowledgement of its answer."""
    return on_wire(request) + ceil(packets(answer) / 2) * PACKET_OVERHEAD


def down(answer: int) -> int:
    """Bytes on the wire to the facility."""
    return on_wire(answer)


def _records(message: int) -> int:
    return message + ceil(message / RECORD) * RECORD_OVERHEAD


class MeteredConnectionPool(ConnectionPool):
    """A connection pool that adds up the size of its messages on the wire."""

    def __init__(self, url: str, *, max_connections: int, timeout_seconds: float) -> None:
        super().__init__(url, max_connections=max_connections, timeout_seconds=timeout_seconds)
        self.up = self.down = 0

    async def exchange(self, data: bytes) -> Reply:
        """Send a request, as any pool, and count the bytes of request and answer."""
        reply = await super().exchange(data)
        self.up += up(len(data), reply.size)
        self.down += down(reply.size)
        return reply
