"""The address that counts for a client is the peer's, or what a listed proxy reports."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.web.server.client_address import client_address

PROXIES = tuple(map(ip_network, ("10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48")))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        # a client that connects itself: what it reports does not count
        ("198.51.100.1", (), "198.51.100.1"),
        ("198.51.100.1", (b"203.0.113.9",), "198.51.100.1"),
        # a listed proxy reports its client, whatever the client itself has sent
        ("10.1.2.3", (b"198.51.100.1",), "198.51.100.1"),
        ("192.0.2.7", (b"203.0.113.9, 198.51.100.1",), "198.51.100.1"),
        ("10.1.2.3", (b"203.0.113.9", b"198.51.100.1"), "198.51.100.1"),
        # two listed proxies behind each other
        ("10.1.2.3", (b"198.51.100.1, 192.0.2.7",), "198.51.100.1"),
        ("10.1.2.3", (b"6.6.6.6 , 198.51.100.1,192.0.2.7", b" 10.9.9.9"), "198.51.100.1"),
        # a proxy that reports nothing, or nothing that is an address, is the client
        ("10.1.2.3", (), "10.1.2.3"),
        ("10.1.2.3", (b"",), "10.1.2.3"),
        ("10.1.2.3", (b"unknown",), "10.1.2.3"),
        ("10.1.2.3", (b"198.51.100.1, unknown",), "10.1.2.3"),
        ("10.1.2.3", (b"198.51.100.1:4711",), "10.1.2.3"),
        ("10.1.2.3", (b"\xff\xfe",), "10.1.2.3"),
        ("10.1.2.3", (b"10.4.4.4",), "10.4.4.4"),
        # IPv6: a subscriber's network counts as one address; an IPv4 address has one form
        ("2001:db8:2:3:4:5:6:7", (), "2001:db8:2:3::/64"),
        ("2001:db8:1::1", (b"2001:DB8:2:3::9",), "2001:db8:2:3::/64"),
        ("::ffff:198.51.100.1", (), "198.51.100.1"),
        ("::ffff:10.1.2.3", (b"198.51.100.1",), "198.51.100.1"),
        # a Unix socket has no address, and nobody there is listed
        (None, (b"198.51.100.1",), None),
        ("not an address", (), "not an address"),
    ],
)
def test_an_address_counts_where_the_peer_is_it_or_a_listed_proxy_reports_it(
    peer: str | None, forwarded: tuple[bytes, ...], address: str | None
) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


@given(
    peer=st.ip_addresses(v=4).map(str),
    forwarded=st.lists(
        st.binary(max_size=40) | st.ip_addresses().map(lambda ip: str(ip).encode()), max_size=4
    ),
)
def test_without_listed_proxies_only_the_peer_counts(peer: str, forwarded: list[bytes]) -> None:
    assert client_address(peer, tuple(forwarded), ()) == peer


@given(
    own_text=st.lists(st.sampled_from([b"10.0.0.1", b"6.6.6.6", b"x", b"", b"192.0.2.7"]), max_size=4),
    client=st.sampled_from([b"198.51.100.1", b"203.0.113.200"]),
)
def test_a_client_cannot_choose_its_address_by_what_it_sends(own_text: list[bytes], client: bytes) -> None:
    reported = b", ".join([*own_text, client])
    assert client_address("10.1.2.3", (reported,), PROXIES) == client.decode()
