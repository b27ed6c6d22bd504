"""What a message is on the wire between a facility and the fund, where only its bytes as HTTP are known.

TLS puts it into records of at most 16 KiB, of 22 bytes more each (RFC 8446, 5.2: five of header, one of type, sixteen of the
tag). TCP cuts these into packets of 1,448 bytes, each with 90 more on Ethernet: 20 of IPv4, 32 of TCP with its time stamps,
14 and 4 of the frame, 8 before and 12 after it. An answer is acknowledged by a packet of its own for every two of it;
a request by its answer. Handshakes are not counted: TLS ends at a proxy in front of the fund, which is not measured here.
"""

from __future__ import annotations

from math import ceil

RECORD, RECORD_MORE = 16 * 1024, 22
PACKET, PACKET_MORE = 1448, 90


def packets(message: int) -> int:
    """Packets of a message of so many bytes."""
    return ceil(_records(message) / PACKET)


def on_wire(message: int) -> int:
    """A message's bytes on the wire."""
    return _records(message) + packets(message) * PACKET_MORE


def up(request: int, answer: int) -> int:
    """Bytes on the wire towards the fund: the request, and the acknowledgement of its answer."""
    return on_wire(request) + ceil(packets(answer) / 2) * PACKET_MORE


def down(answer: int) -> int:
    """Bytes on the wire towards the facility."""
    return on_wire(answer)


def _records(message: int) -> int:
    return message + ceil(message / RECORD) * RECORD_MORE
