"""What a command of `eligibility-api` ends with, as an operator sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """What a command ended with and wrote."""

    code: int | str | None
    out: str
    err: str


Command = Callable[..., Awaitable[Said]]
"""Runs a command, given its words, to its end."""
