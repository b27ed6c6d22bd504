"""One-time codes with which a person opens her own page (rule O1), and how long the page lasts (rule O2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from eligibility_api.contract.bounds import normalized

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 characters that are not taken for each other: no 0 and O, no 1, I and L.

Their number is prime, so that the last character finds every single wrong one and every two that were exchanged.
"""

RANDOM_CHARACTERS = 17
"""31 ** 17 is more than 2 ** 84."""

CODE_LENGTH = RANDOM_CHARACTERS + 1
GROUP_LENGTH = 3
MAX_TYPED_LENGTH = 64
"""Characters of what a person types, with spaces and hyphens."""

SESSION_LIFE = timedelta(minutes=15)
"""How long the page stays open (rule O2); the database makes the instant."""

_PRIME = len(ALPHABET)
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_SEPARATORS = str.maketrans("", "", " -‐‑–—―−ー・._")


class MistypedCode(ValueError):
    """A text that no code is: of another length, with another character, or with a wrong check character."""


def new_code(random_below: Callable[[int], int]) -> str:
    """A new code in its written form, `K7Q-29M-…`. `random_below(n)`: an unpredictable number from 0 to n - 1."""
    drawn = "".join(ALPHABET[random_below(_PRIME)] for _ in range(RANDOM_CHARACTERS))
    return written(drawn + _check_character(drawn))


def written(code: str) -> str:
    """A code in groups, as it is shown."""
    return "-".join(code[begin : begin + GROUP_LENGTH] for begin in range(0, len(code), GROUP_LENGTH))


def read_code(typed: str) -> str:
    """The code that was typed, without separators; of any width and case. Raises MistypedCode."""
    if len(typed) > MAX_TYPED_LENGTH:
        raise MistypedCode("too long")
    code = normalized("NFKC", typed, max_length=MAX_TYPED_LENGTH).upper().translate(_SEPARATORS)
    if len(code) != CODE_LENGTH or not _VALUES.keys() >= set(code):
        raise MistypedCode("not in the form of a code")
    if _check_character(code[:-1]) != code[-1]:
        raise MistypedCode("wrong check character")
    return code


def digest_of(secret: str) -> bytes:
    """What is stored of a code or a session's token: SHA-256. Both have more than 80 random bits, so none is guessed."""
    return hashlib.sha256(b"SHIKAKU own access v1\0" + secret.encode()).digest()


def _check_character(drawn: str) -> str:
    """The last character: with it the sum of the values, each times its place, is divisible by 31.

    The check character's own place counts as 1, the others as 2 to 18: all differ, and none is divisible by 31.
    """
    total = sum(place * _VALUES[character] for place, character in enumerate(drawn, 2))
    return ALPHABET[-total % _PRIME]
