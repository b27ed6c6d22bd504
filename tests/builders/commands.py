"""The result of a command of `eligibility-api`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandResult:
    """A command's exit code and output."""

    code: int | str | None
    out: str
    err: str


Command = Callable[..., Awaitable[CommandResult]]
"""Runs a command with these arguments."""
