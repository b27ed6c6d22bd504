"""A terminal for tests over HTTP: an admitted credential, and a card whose key signs without APDUs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import CardCheckRequest, EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.presence import to_be_signed
from eligibility_api.contract.tokens import Credential
from jpki_mock.card.image import CardImage, load_image
from tests.builders.people import load_private, sign_with


class Terminal:
    """One terminal with one card in it."""

    def __init__(self, url: str, credential: Path, card: Path) -> None:
        self.client = FundClient(url, Credential.load(credential), clock=lambda: datetime.now(UTC))
        self.card: CardImage = load_image(card)
        self._key = load_private(self.card.authentication)

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.__exit__()

    def prove(self) -> CardCheckRequest:
        """A new proof of the card's holder."""
        credential = self.client.credential
        assert credential.institution_code is not None
        challenge = self.client.challenge(Purpose.ELIGIBILITY).challenge
        message = to_be_signed(
            Purpose.ELIGIBILITY,
            audience=credential.audience,
            institution_code=credential.institution_code,
            terminal_id=credential.client_id,
            challenge=challenge,
        )
        return CardCheckRequest(
            challenge=challenge,
            certificate=self.card.authentication.certificate,
            signature=sign_with(self._key, message),
        )

    def tap(self) -> EligibilityAnswer | UnchangedAnswer:
        """Send a new proof and return the answer."""
        return self.client.check_card(self.prove())
