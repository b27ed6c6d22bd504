"""Compares memberships, and the items that an insurer sends about a member."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from eligibility_api.contract.numbers import folded

CONTENT = (
    "certificate_kind", "symbol", "number", "branch", "relationship", "insured_name", "insured_birth_date", "name",
    "name_kana", "name_alias", "name_alias_kana", "sex", "sex_on_certificate", "birth_date", "postal_code", "address",
    "acquired_on", "lost_on", "reason_of_loss", "issued_on", "valid_from", "valid_to", "burden_ratio",
    "elderly_certificate", "limit_certificate", "specific_diseases", "nondisclosure", "self_disclosure_blocked",
)  # fmt: skip
"""The items that an insurer sends about a member, in the order of their digest.

Groups of items are canonical JSON.
"""

IDENTITY = ("name", "name_kana", "birth_date", "sex", "address")
"""The items with which the resident register is queried for the person."""


def comparable(symbol: str | None, number: str, branch: str | None) -> tuple[str, str, str]:
    """Symbol, number and branch normalised for comparison; an absent one is empty (rule R1)."""
    return folded(symbol or ""), folded(number), folded(branch or "")


def digest(content: Mapping[str, Any]) -> bytes:
    """Sixteen bytes, equal for equal contents (rule T8).

    Values as text: days ISO, booleans 1 or empty, absent items empty, groups of items as canonical JSON (see
    `canonical`).
    """
    return digest_of_texts(_text(content.get(name)) for name in CONTENT)


def digest_of_texts(texts: Iterable[str]) -> bytes:
    """The digest of a content given as texts in the order of `CONTENT`: a row of a file (rule T8)."""
    return hashlib.blake2b("\x1f".join(texts).encode(), digest_size=16).digest()


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
