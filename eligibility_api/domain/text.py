"""Normalises texts for comparison."""

from __future__ import annotations

from eligibility_api.contract.bounds import MAX_EXPANSION, MAX_TEXT_LENGTH, normalized

HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"
"""Characters that people type for a hyphen, including the long-vowel mark."""

_AS_HYPHEN = str.maketrans(HYPHENS, "-" * len(HYPHENS))

_MAX_LENGTH = MAX_EXPANSION * MAX_TEXT_LENGTH


def folded_text(text: str) -> str:
    """Normalise a name or address for comparison in a search (rule W15): NFKC, no spaces, one kind of hyphen.

    Removing spaces can join a letter and a combining mark, hence the second pass. Other differences remain.
    `text` may be a reading that is normalised already, hence longer. Raises `bounds.TextTooLong`.
    `emergency/person_search.py` implements the same in SQL.
    """
    closed = normalized("NFKC", text, max_length=_MAX_LENGTH).replace(" ", "")
    return normalized("NFKC", closed, max_length=MAX_EXPANSION * _MAX_LENGTH).translate(_AS_HYPHEN)
