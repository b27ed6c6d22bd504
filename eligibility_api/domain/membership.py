"""Compares memberships, and the items that an insurer sends about a member."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from eligibility_api.contract.identifiers import membership_key
from eligibility_api.contract.member_items import FIRST_ITEMS, MEMBER_ITEMS

CONTENT = tuple(item.name for item in MEMBER_ITEMS)
"""The items that an insurer sends about a member, in the order of their digest.

Groups of items are canonical JSON.
"""

_ALWAYS_DIGESTED = len(FIRST_ITEMS)

IDENTITY = ("name", "name_kana", "birth_date", "sex", "address")
"""The items with which the resident register is queried for the person."""


def comparable(symbol: str | None, number: str, branch: str | None) -> tuple[str, str, str]:
    """Symbol, number and branch normalised for comparison; an absent one is empty (rule R1)."""
    return membership_key(symbol or ""), membership_key(number), branch or ""


def digest(content: Mapping[str, Any]) -> bytes:
    """Sixteen bytes, equal for equal contents (rule T8).

    Values as text: days ISO, booleans 1 or empty, absent items empty, groups of items as canonical JSON (see
    `canonical`).
    """
    return digest_of_texts([_text(content.get(name)) for name in CONTENT])


def digest_of_texts(texts: Sequence[str]) -> bytes:
    """The digest of a content given as texts in the order of `CONTENT`: a row of a file (rule T8).

    Items of the first version are joined by position, absent ones too; later ones by name, only where
    present.
    """
    joined = "\x1f".join(texts[:_ALWAYS_DIGESTED])
    for position in range(_ALWAYS_DIGESTED, len(texts)):
        if texts[position]:
            joined += f"\x1f{CONTENT[position]}={texts[position]}"
    return hashlib.blake2b(joined.encode(), digest_size=16).digest()


def canonical(group: Any) -> str:
    """A group of items as JSON: sorted keys, no absent items, no spaces."""
    return json.dumps(group, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _text(value: Any) -> str:
    match value:
        case None | False | [] | ():
            return ""
        case True:
            return "1"
        case dict() | list() | tuple():
            return canonical(value)
    return str(value)
