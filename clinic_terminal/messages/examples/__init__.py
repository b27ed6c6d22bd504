"""Examples of every message, about persons of `docs/test-persons.md`: for documents, and for tests of readers.

They show layouts. What the terminal answers about a person follows from the fund's answer (`clinic_terminal.exchange`).
"""

from __future__ import annotations

from collections.abc import Mapping

from clinic_terminal.messages.examples import bulk, histories, single
from clinic_terminal.messages.examples.example import Example
from clinic_terminal.messages.headers import Message

EXAMPLES: tuple[Example, ...] = (*single.EXAMPLES, *bulk.EXAMPLES, *histories.EXAMPLES)
"""Every example, those of one prefix together."""

FIRST_EXAMPLES: Mapping[str, Message] = {one.prefix: one.message for one in reversed(EXAMPLES)}
"""The first example of each prefix, of requests and results."""

__all__ = ["EXAMPLES", "FIRST_EXAMPLES", "Example"]
