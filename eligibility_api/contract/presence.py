"""The bytes that a card signs to prove that its holder is present.

The terminal builds them itself, from what it knows: it never signs bytes or a digest that were handed to it. They
begin with a tag of their purpose, so that a proof for one purpose is worthless for another, and a consent's
signature is no presence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.wire import Answer, RequestModel

TAGS: dict[Purpose, bytes] = {
    Purpose.ELIGIBILITY: b"SHIKAKU presence v1\0",
    Purpose.FIRST_REGISTRATION: b"SHIKAKU first-registration v1\0",
    Purpose.VISUAL_CHECK: b"SHIKAKU visual-check v1\0",
    Purpose.CONSENT: b"SHIKAKU consent v1\0",
    Purpose.VISUAL_CONSENT: b"SHIKAKU visual-consent v1\0",
}
"""The first bytes of what is signed, by purpose. None is a prefix of another."""


def to_be_signed(
    purpose: Purpose,
    *,
    audience: str,
    institution_code: str,
    terminal_id: str,
    challenge: str,
    more: Sequence[str] = (),
) -> bytes:
    """What the card signs: the purpose's tag, then the SHA-256 of the fields.

    Each field goes into the hash as its length in UTF-8 bytes (two bytes, big-endian) and the bytes themselves, in
    the order audience, institution code, terminal id, challenge, and whatever the purpose has `more` (a consent: its
    words, see `contract.consent`). The fixed short form fits a short APDU.
    """
    digest = hashlib.sha256()
    for field in (audience, institution_code, terminal_id, challenge, *more):
        data = field.encode()
        digest.update(len(data).to_bytes(2, "big") + data)
    return TAGS[purpose] + digest.digest()


def _bare(purpose: Purpose) -> Purpose:
    if purpose in (Purpose.CONSENT, Purpose.VISUAL_CONSENT):
        raise PydanticCustomError("purpose", "a consent's challenge comes with its statement")
    return purpose


class ChallengeRequest(RequestModel):
    """Asks for a challenge: `POST /v1/presence/challenges`. A consent's comes from `POST /v1/consents/challenges`."""

    purpose: Annotated[Purpose, AfterValidator(_bare)] = Field(examples=["eligibility"])


class ChallengeAnswer(Answer):
    """A challenge, opaque to the terminal, and the instant until which it can be spent."""

    challenge: str = Field(examples=["AQFrMQAAAZ..."])
    expires_at: datetime
