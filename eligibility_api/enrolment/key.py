"""The idempotency key of a request, as FastAPI's dependency: every call that changes a single member has one."""

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
            " same key is answered as before for seven days, and changes nothing more.",
        ),
    ] = None,
) -> str:
    """The key. Raises `idempotency-key-missing` where there is none, or none of this form."""
    if key is None or not _KEY.fullmatch(key):
        raise ShikakuError("idempotency-key-missing")
    return key
