"""The demo's ports on a real network: a taken one is found before the start, and is free once closed."""

from __future__ import annotations

import socket

import pytest

from shikaku.ports import HOST, Ports
from shikaku.processes import StackError


def test_a_listener_takes_its_port_until_it_is_closed() -> None:
    with socket.create_server((HOST, 0)) as listening:
        ports = Ports(fund=listening.getsockname()[1])
        with pytest.raises(StackError, match=f"port {ports.fund} of"):
            ports.check()
        with socket.create_connection((HOST, ports.fund)) as client:
            listening.accept()[0].close()  # the server's end waits for late packets
            client.recv(1)
    ports.check()
