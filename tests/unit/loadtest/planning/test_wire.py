"""A message's bytes on the wire, worked out by hand."""

from __future__ import annotations

import pytest

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


def test_an_answer_is_acknowledged_by_a_packet_for_every_two_of_it() -> None:
    assert wire.up(100, 100) == 100 + 22 + 90 + 90
    assert wire.up(100, 4000) == 100 + 22 + 90 + 2 * 90
    assert wire.down(100) == 100 + 22 + 90
