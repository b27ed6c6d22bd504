"""A client of the fund with a transport answered by the test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
from joserfc.jwk import ECKey

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.tokens import Credential

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def client_at(
    handle: Callable[[httpx2.Request], httpx2.Response], clock: Callable[[], datetime] = lambda: NOW
) -> FundClient:
    """A client whose line answers so."""
    credential = Credential(
        client_id="terminal-1",
        audience="urn:shikaku:test",
        private_key=dict(ECKey.generate_key("P-256").as_dict(private=True)),
    )
    transport = httpx2.MockTransport(handle)
    return FundClient("http://127.0.0.1:8400", credential, clock=clock, transport=transport)
