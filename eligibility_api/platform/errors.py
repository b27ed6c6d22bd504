"""Errors that only an operator can fix: a setting, a file, a server."""

from __future__ import annotations


class OperatorError(RuntimeError):
    """A command failed; the text gives the reason in one sentence for an operator."""
