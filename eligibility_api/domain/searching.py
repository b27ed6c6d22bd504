"""How names and addresses are compared when somebody is searched by them. `emergency/searching.py` says the same in SQL."""

from __future__ import annotations

import unicodedata

HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"
"""What is typed for a hyphen, the mark of a long vowel among it."""

_AS_HYPHEN = str.maketrans(HYPHENS, "-" * len(HYPHENS))


def folded_text(text: str) -> str:
    """`text` as it is compared: width and compatibility forms folded (NFKC), no spaces, hyphens alike.

    Without spaces a letter and a mark may come together, hence the second pass. Anything more is a difference.
    """
    closed = unicodedata.normalize("NFKC", text).replace(" ", "")
    return unicodedata.normalize("NFKC", closed).translate(_AS_HYPHEN)
