"""The reason of a decision, as a form sends it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

MAX_REASON = 200
"""The fund's limit (`contract.uploads.Reason`), in characters."""

Reason = Annotated[str, Form(max_length=10 * MAX_REASON)]
"""What a browser sends; one that keeps to the field's length sends no more than `MAX_REASON`."""


def fault_of(reason: str) -> str | None:
    """The key of the text why a reason is not accepted, or None."""
    if not reason.strip():
        return "upload.reason-missing"
    return "upload.reason-long" if len(reason.strip()) > MAX_REASON else None
