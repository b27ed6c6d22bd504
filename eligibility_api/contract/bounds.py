"""Limits that a value has before any other code sees it (decision 016).

Work on a text may grow faster than the text (Unicode normalisation does), and a cache keeps what it was given.
So every text has its limit where it enters: in the type of a request's member, in the cells of a file. The
functions here are the only way to work that has no limit of its own; they refuse a longer text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Literal, LiteralString

from pydantic import BeforeValidator  # noqa: TID251 - the one place
from pydantic_core import PydanticCustomError

MAX_STORED_INTEGER = 2**63 - 1
"""The maximum of the database's numbers, which are signed and have 64 bits."""

MAX_TEXT_LENGTH = 200
"""Maximum characters of the longest text that is stored of a person: a name, an address."""

MAX_EXPANSION = 18
"""Characters that NFKC makes of one at most (U+FDFA)."""


class TextTooLong(ValueError):
    """A text was longer than its field may be: the caller has not checked its length. Never has the text."""

    def __init__(self, length: int, max_length: int) -> None:
        super().__init__(f"a text of {length} characters where {max_length} are allowed")


def normalized(form: Literal["NFC", "NFKC"], text: str, *, max_length: int) -> str:
    """`text` in a Unicode normalisation form (Unicode annex 15). Raises TextTooLong.

    The time is quadratic in successive combining marks, hence the limit.
    """
    if len(text) > max_length:
        raise TextTooLong(len(text), max_length)
    return unicodedata.normalize(form, text)  # noqa: TID251 - the one place


class BoundedBefore:
    """Converts an input before it is validated; a text longer than `max_length` is refused unseen, as `fault`."""

    def __init__(self, max_length: int, convert: Callable[[object], object], fault: LiteralString) -> None:
        self.max_length = max_length
        self._fault = fault
        self._convert = convert

    def __call__(self, value: object) -> object:
        """The converted input. Raises PydanticCustomError."""
        if isinstance(value, str) and len(value) > self.max_length:
            raise PydanticCustomError(
                self._fault, "at most {max_length} characters", {"max_length": self.max_length}
            )
        return self._convert(value)


def before(
    max_length: int, convert: Callable[[object], object], *, fault: LiteralString = "string_too_long"
) -> BeforeValidator:
    """A validator that runs before the type's own: `BoundedBefore`, for use in `Annotated`."""
    return BeforeValidator(BoundedBefore(max_length, convert, fault))
