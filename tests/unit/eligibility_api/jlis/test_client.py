"""The OCSP client when J-LIS does not answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2
import pytest
from joserfc.jwk import ECKey

from eligibility_api.domain.revocation import RevocationDataRejected
from eligibility_api.jlis.client import MAX_PENDING_OCSP, Jlis
from tests.unit.eligibility_api.domain.revocations import NOW, SERIAL, authority

FRESH = timedelta(minutes=1)


class Silence:
    """A responder that answers only when a test lets it; `waiting` counts open requests."""

    def __init__(self) -> None:
        self.waiting = 0
        self.over = asyncio.Event()

    async def answer(self, _: httpx2.Request) -> httpx2.Response:
        self.waiting += 1
        await self.over.wait()
        return httpx2.Response(503)


def test_requests_above_the_limit_are_rejected_at_once_until_one_is_answered() -> None:
    async def run() -> None:
        silence = Silence()
        transport = httpx2.MockTransport(silence.answer)
        async with httpx2.AsyncClient(base_url="http://jlis", transport=transport) as http:
            jlis = Jlis(http, ECKey.generate_key("P-256"), lambda: NOW)
            asking = [
                asyncio.create_task(jlis.status(authority(), SERIAL, FRESH)) for _ in range(MAX_PENDING_OCSP)
            ]
            while silence.waiting < MAX_PENDING_OCSP:
                await asyncio.sleep(0)
            with pytest.raises(RevocationDataRejected, match="too many"):
                await jlis.status(authority(), SERIAL, FRESH)
            silence.over.set()
            ends = await asyncio.gather(*asking, return_exceptions=True)
            assert {str(end) for end in ends} == {"no answer: HTTPStatusError"}
            with pytest.raises(RevocationDataRejected, match="no answer"):
                await jlis.status(authority(), SERIAL, FRESH)

    asyncio.run(run())
