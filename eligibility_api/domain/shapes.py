"""The shape of a value, which tells what is wrong with it and not of whom it is."""

from __future__ import annotations

_LONGEST = 40


def shape(value: str) -> str:
    """`value` with `9` for each digit, `a` for each Latin letter and `あ` for what is not ASCII; its first 40 places."""
    return "".join(map(_shape_of, value[:_LONGEST])) + ("…" if len(value) > _LONGEST else "")


def _shape_of(character: str) -> str:
    if not character.isascii() or not character.isprintable():
        return "あ"
    if character.isdigit():
        return "9"
    return "a" if character.isalpha() else character
