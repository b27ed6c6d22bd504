"""The stored secret of a webhook: readable with the fund's key, for its own webhook only."""

from __future__ import annotations

from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from eligibility_api.contract.webhook_signatures import SECRET_BYTES
from eligibility_api.webhooks.secrets import decrypt_secret, encrypt_secret, new_secret

KEY, WEBHOOK = bytes(range(32)), UUID(int=1)


def test_a_secret_comes_back_for_its_webhook_and_is_not_stored_as_it_is() -> None:
    secret = new_secret()
    stored = encrypt_secret(KEY, secret, WEBHOOK)
    assert decrypt_secret(KEY, stored, WEBHOOK) == secret
    assert len(secret) == SECRET_BYTES
    assert secret not in stored
    assert encrypt_secret(KEY, secret, WEBHOOK) != stored


@pytest.mark.parametrize(
    ("key", "webhook", "cut"), [(bytes(32), WEBHOOK, 0), (KEY, UUID(int=2), 0), (KEY, WEBHOOK, 1)]
)
def test_it_cannot_be_read_with_another_key_in_another_row_or_changed(
    key: bytes, webhook: UUID, cut: int
) -> None:
    stored = encrypt_secret(KEY, new_secret(), WEBHOOK)
    with pytest.raises(InvalidTag):
        decrypt_secret(key, stored[: len(stored) - cut], webhook)
