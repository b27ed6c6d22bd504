"""Limits of a real fund, and what counts towards them, for integration tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx2

from tests.builders.fund import Fund

LOCK_WAITS = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
"""The number of statements waiting for a lock."""


@contextmanager
def limited(fund: Fund, **settings: int | str | None) -> Iterator[None]:
    """The fund with other limits, or other settings."""
    state = fund.state
    fund.app.state.fund = replace(state, settings=state.settings.model_copy(update=settings))
    try:
        yield
    finally:
        fund.app.state.fund = state


async def miss_count(fund: Fund, client_id: str) -> dict[str, Any] | None:
    """A terminal's misses and streak, and the row's version; None without any."""
    rows = await fund.owner.fetch(
        "SELECT xmin::text, misses, streak FROM number_miss WHERE client_id = $1::text::uuid", [client_id]
    )
    return dict(rows[0]) if rows else None


def without_request_id(response: httpx2.Response) -> dict[str, Any]:
    """A response's body without its request's id."""
    return {name: value for name, value in response.json().items() if name != "request_id"}
