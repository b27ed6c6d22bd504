"""The requests of a terminal with a card in it: challenge, proof, eligibility check, first registration."""

from __future__ import annotations

import base64
from typing import Any

import httpx2

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.presence import to_be_signed
from eligibility_api.contract.tokens import Credential
from jpki_mock.card.image import CardImage
from tests.builders.fund_clients import FundClients
from tests.builders.people import sign


class CardRequests(FundClients):
    """Requests of terminals for the holder of a card."""

    async def challenge(
        self, purpose: Purpose = Purpose.ELIGIBILITY, credential: Credential | None = None
    ) -> str:
        """A fresh challenge."""
        response = await self.post("/v1/presence/challenges", {"purpose": purpose.value}, credential)
        assert response.status_code == 200, response.text
        return str(response.json()["challenge"])

    def message(
        self, challenge: str, purpose: Purpose = Purpose.ELIGIBILITY, credential: Credential | None = None
    ) -> bytes:
        """The bytes that a card signs for `challenge` at a terminal."""
        terminal = credential or self.clinic
        assert terminal.institution_code is not None
        return to_be_signed(
            purpose,
            audience=terminal.audience,
            institution_code=terminal.institution_code,
            terminal_id=terminal.client_id,
            challenge=challenge,
        )

    async def proof(
        self,
        card: CardImage,
        purpose: Purpose = Purpose.ELIGIBILITY,
        credential: Credential | None = None,
    ) -> dict[str, Any]:
        """A valid proof by `card`, as the body of a request."""
        challenge = await self.challenge(purpose, credential)
        signature = sign(card.authentication, self.message(challenge, purpose, credential))
        return {
            "challenge": challenge,
            "certificate": base64.b64encode(card.authentication.certificate).decode(),
            "signature": base64.b64encode(signature).decode(),
        }

    async def tap(
        self, card: CardImage, credential: Credential | None = None, **more: Any
    ) -> httpx2.Response:
        """An eligibility check by card: challenge, signature, request."""
        body = await self.proof(card, Purpose.ELIGIBILITY, credential)
        return await self.post("/v1/eligibility/card", body | more, credential)

    async def look(
        self, card: CardImage, credential: Credential | None = None, **more: Any
    ) -> httpx2.Response:
        """An eligibility check by card after staff compared the face."""
        body = await self.proof(card, Purpose.VISUAL_CHECK, credential) | {"operator": "受付 見本"}
        return await self.post("/v1/eligibility/visual-check", body | more, credential)

    async def register_by_face(
        self, card: CardImage, credential: Credential | None = None, **more: Any
    ) -> httpx2.Response:
        """A first registration after staff compared the face."""
        body = await self.proof(card, Purpose.VISUAL_REGISTRATION, credential)
        stated = {"agreed": True, "operator": "受付 見本"} | more
        return await self.post("/v1/registrations", body | stated, credential)

    async def register(self, card: CardImage, **more: Any) -> httpx2.Response:
        """A first registration."""
        body = await self.proof(card, Purpose.FIRST_REGISTRATION)
        return await self.post("/v1/registrations", body | {"agreed": True} | more)
