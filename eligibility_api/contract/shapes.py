"""The shape of a value, which reports of faults carry instead of the value (rule G3)."""

from __future__ import annotations

_MAX_LENGTH = 40


def shape(value: str) -> str:
    """The shape of a value: `9` per digit, `a` per Latin letter, `あ` per other character (rule G3)."""
    return "".join(map(_shape_of, value[:_MAX_LENGTH])) + ("…" if len(value) > _MAX_LENGTH else "")


def _shape_of(character: str) -> str:
    if not character.isascii() or not character.isprintable():
        return "あ"
    if character.isdigit():
        return "9"
    return "a" if character.isalpha() else character
