"""The address that counts for a client: the peer's, or the one that a listed reverse proxy reports. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache  # noqa: TID251 - the header limit bounds each text
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from eligibility_api.platform.settings import IPNetwork

_IPV6_SITE_BITS = 64
"""One IPv6 subscriber has at least so many addresses' bits of its own: a /64 counts as one address."""


@lru_cache(maxsize=256)
def client_address(
    peer: str | None, forwarded: Sequence[bytes], proxies: tuple[IPNetwork, ...]
) -> str | None:
    """Return the address by which a client without a token is known; None behind a Unix socket.

    `forwarded`: the values of `X-Forwarded-For`, in their order. They are read from the right as long as the
    address is a listed proxy's; what stands left of the first other address is the client's own text.
    """
    if peer is None:
        return None
    address = _parse(peer)
    hops = [hop.strip() for value in forwarded for hop in value.decode("latin-1").split(",")]
    while address is not None and any(address in network for network in proxies) and hops:
        reported = _parse(hops.pop())
        if reported is None:
            break
        address = reported
    return peer if address is None else _site(address)


def is_listed(address: str | None, proxies: tuple[IPNetwork, ...]) -> bool:
    """Whether an address is a listed proxy's."""
    parsed = None if address is None or not proxies else _parse(address)
    return parsed is not None and any(parsed in network for network in proxies)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _site(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _IPV6_SITE_BITS), strict=False))
