"""The requests of a terminal for a consent: challenge, signature over the statement, registration."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx2

from eligibility_api.contract import consent
from eligibility_api.contract.tokens import Credential
from jpki_mock.card.image import CardImage
from tests.builders.card_requests import CardRequests
from tests.builders.people import sign


class ConsentRequests(CardRequests):
    """Requests of terminals for consents."""

    async def consent_request(
        self,
        card: CardImage,
        categories: Sequence[str] = ("medication",),
        credential: Credential | None = None,
        *,
        presence: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """The body of a valid consent by `card`, after a tap or the `presence` with this record; `more` goes into the
        request for its challenge (care, language, visual_check).
        """
        record = presence or (await self.tap(card, credential)).json()["record_id"]
        wish = {"presence_record": record, "categories": list(categories)} | more
        response = await self.post("/v1/consents/challenges", wish, credential)
        assert response.status_code == 200, response.text
        return self.signed_consent(card, response.json(), record, credential, **more)

    def signed_consent(
        self,
        card: CardImage,
        given: dict[str, Any],
        presence: str,
        credential: Credential | None = None,
        *,
        visual_check: bool = False,
        **_: Any,
    ) -> dict[str, Any]:
        """The body that a terminal sends for the `given` challenge and statement, signed by `card`."""
        terminal = credential or self.clinic
        message = consent.to_be_signed(
            consent.ConsentStatement.model_validate(given["statement"]),
            visual_check=visual_check,
            audience=terminal.audience,
            terminal_id=terminal.client_id,
            challenge=given["challenge"],
            presence_record=UUID(presence),
        )
        body = {
            "challenge": given["challenge"],
            "certificate": base64.b64encode(card.authentication.certificate).decode(),
            "signature": base64.b64encode(sign(card.authentication, message)).decode(),
            "presence_record": presence,
            "statement": given["statement"],
        }
        return body | ({"operator": "受付　見本"} if visual_check else {})

    async def consent(
        self,
        card: CardImage,
        categories: Sequence[str] = ("medication",),
        credential: Credential | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """A whole consent: tap, challenge, signature, registration."""
        body = await self.consent_request(card, categories, credential, **more)
        return await self.post("/v1/consents", body, credential)
