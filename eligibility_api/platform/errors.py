"""Errors that only an operator can fix: a setting, a file, a server."""

from __future__ import annotations


class OperatorError(RuntimeError):
    """A command cannot be performed; the text is one sentence for the operator."""
