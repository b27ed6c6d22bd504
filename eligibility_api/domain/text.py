"""Texts normalised for comparison, and reduced to their shape for fault reports."""

from __future__ import annotations

import unicodedata

HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"
"""What is typed for a hyphen, the mark of a long vowel among it."""

_AS_HYPHEN = str.maketrans(HYPHENS, "-" * len(HYPHENS))

_MAX_SHAPE_LENGTH = 40


def folded_text(text: str) -> str:
    """`text` as it is compared: width and compatibility forms folded (NFKC), no spaces, hyphens alike.

    Without spaces a letter and a mark may come together, hence the second pass. Anything more is a difference.
    """
    closed = unicodedata.normalize("NFKC", text).replace(" ", "")
    return unicodedata.normalize("NFKC", closed).translate(_AS_HYPHEN)


def shape(value: str) -> str:
    """`value` with `9` for each digit, `a` for each Latin letter and `あ` for what is not ASCII; its first 40 places."""
    return "".join(map(_shape_of, value[:_MAX_SHAPE_LENGTH])) + (
        "…" if len(value) > _MAX_SHAPE_LENGTH else ""
    )


def _shape_of(character: str) -> str:
    if not character.isascii() or not character.isprintable():
        return "あ"
    if character.isdigit():
        return "9"
    return "a" if character.isalpha() else character
