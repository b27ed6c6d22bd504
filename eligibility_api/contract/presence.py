"""The bytes that a card signs as proof of presence.

The terminal builds them from its own data and never signs bytes or a digest supplied by others. They begin
with a tag of their purpose, so that a proof for one purpose is not valid for another, and a consent's
signature does not prove presence.
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
    Purpose.VISUAL_REGISTRATION: b"SHIKAKU visual-registration v1\0",
    Purpose.VISUAL_CHECK: b"SHIKAKU visual-check v1\0",
    Purpose.CONSENT: b"SHIKAKU consent v1\0",
    Purpose.VISUAL_CONSENT: b"SHIKAKU visual-consent v1\0",
    Purpose.OWN_ACCESS: b"SHIKAKU own-access v1\0",
}
"""The first bytes of the signed bytes, by purpose. None is a prefix of another."""


def to_be_signed(
    purpose: Purpose,
    *,
    audience: str,
    institution_code: str,
    terminal_id: str,
    challenge: str,
    more: Sequence[str] = (),
) -> bytes:
    """Build the bytes that the card signs: the purpose's tag, then the SHA-256 of the fields.

    Each field is hashed as its length in UTF-8 bytes (two bytes, big-endian) and the bytes, in the order
    audience, institution code, terminal id, challenge, `more` (a consent: its wording, see
    `contract.consent`). The fixed short form fits a short APDU.
    """
    digest = hashlib.sha256()
    for field in (audience, institution_code, terminal_id, challenge, *more):
        data = field.encode()
        digest.update(len(data).to_bytes(2, "big") + data)
    return TAGS[purpose] + digest.digest()


def _without_statement(purpose: Purpose) -> Purpose:
    if purpose in (Purpose.CONSENT, Purpose.VISUAL_CONSENT):
        raise PydanticCustomError("purpose", "a consent's challenge is issued with its statement")
    return purpose


class ChallengeRequest(RequestModel):
    """`POST /v1/presence/challenges`. A consent's challenge is issued by `POST /v1/consents/challenges`."""

    purpose: Annotated[Purpose, AfterValidator(_without_statement)] = Field(examples=["eligibility"])


class ChallengeAnswer(Answer):
    """A challenge, opaque to the terminal, and its expiry."""

    challenge: str = Field(examples=["AQFrMQAAAZ..."])
    expires_at: datetime
