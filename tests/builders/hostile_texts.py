"""Texts that cost far more to work on than to send, and a watch on the work that is done on them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

MARKS = "\u0301\u0316"
"""Combining marks of two classes: normalisation has to sort them."""


def marks(length: int) -> str:
    """A letter with so many combining marks, in the worst order."""
    return "a" + (MARKS * (length // 2 + 1))[: length - 1]


HOSTILE: dict[str, Callable[[int], str]] = {
    "combining marks": marks,
    "voicing marks": lambda length: "カ" + ("\u3099\u0316" * length)[: length - 1],
    "expanding characters": lambda length: "\ufdfa" * length,
    "digits": lambda length: "9" * length,
    "digits of another script": lambda length: "\u00b2" * length,
    "a long My Number": "123456789018".ljust,
    "spaces": lambda length: " " * length,
    "hyphens": lambda length: "-" * length,
    "long vowels": lambda length: ("1" + "\u30fc" * length)[: length - 1] + "1",
}
"""Texts of a length, by what is hostile in them."""


@contextmanager
def normalised_lengths() -> Iterator[list[int]]:
    """The lengths of all texts that are normalised inside the context."""
    lengths: list[int] = []
    original = unicodedata.normalize

    def watched(form: str, text: str) -> str:
        lengths.append(len(text))
        return original(form, text[:10_000])  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unicodedata, "normalize", watched)
        yield lengths
