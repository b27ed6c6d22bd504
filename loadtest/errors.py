"""The load laboratory's own error."""

from __future__ import annotations


class LoadError(Exception):
    """The run could not be completed; the text is for the engineer."""
