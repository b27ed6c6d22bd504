"""What an operator alone can mend: a setting, a file, a server."""

from __future__ import annotations


class OperatorError(RuntimeError):
    """A command cannot do its work; the text says why, in one sentence for an operator."""
