"""Token requests whose assertion differs from a good one by some claims or by its key."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey

from eligibility_api.contract.tokens import ASSERTION_TYPE, Credential


def assertion(credential: Credential, now: datetime, *, key: ECKey | None = None, **claims: Any) -> str:
    """An assertion like `client_assertion`'s, except for `claims` and the key."""
    seconds = int(now.timestamp())
    good = {
        "iss": credential.client_id,
        "sub": credential.client_id,
        "aud": credential.audience,
        "iat": seconds,
        "exp": seconds + 60,
        "jti": secrets.token_urlsafe(16),
    }
    payload = json.dumps(good | claims)
    return jws.serialize_compact({"alg": "ES256"}, payload, key or ECKey.import_key(credential.private_key))


def token_request(
    credential: Credential, now: datetime, *, key: ECKey | None = None, **claims: Any
) -> dict[str, str]:
    """The form of a token request with such an assertion."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(credential, now, key=key, **claims),
    }
