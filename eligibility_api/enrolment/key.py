"""FastAPI dependency: the idempotency key, required by every call that changes a single member."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from eligibility_api.contract.enrolment import IDEMPOTENCY_KEY
from eligibility_api.contract.errors import ShikakuError

_KEY = re.compile(r"[!-~]{1,64}")


def idempotency_key(
    key: Annotated[
        str | None,
        Header(
            alias=IDEMPOTENCY_KEY,
            description="Required: 1 to 64 visible ASCII characters, new for each change. The same call with the"
            " same key gets the same answer for seven days, and changes nothing more.",
        ),
    ] = None,
) -> str:
    """Return the key. Raises `idempotency-key-missing` when it is missing or malformed."""
    if key is None or not _KEY.fullmatch(key):
        raise ShikakuError("idempotency-key-missing")
    return key
