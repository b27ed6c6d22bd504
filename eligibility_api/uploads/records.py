"""Valid rows of a member file as records of the staging table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from eligibility_api.contract.identifiers import membership_key
from eligibility_api.contract.member_items import MEMBER_ITEMS, Kind
from eligibility_api.contract.member_reading.block import Rows
from eligibility_api.contract.member_reading.reader import MemberReader
from eligibility_api.contract.uploads import FileFormat
from eligibility_api.domain.membership import CONTENT, canonical, digest_of_texts

RECORD_COLUMNS = ("row", "membership", "symbol_key", "number_key", "branch_key", *CONTENT, "digest")
"""The columns of a record."""

StagedRow = tuple[Any, ...]
"""A row as a tuple of `RECORD_COLUMNS`."""

_FLAGS = frozenset(item.name for item in MEMBER_ITEMS if item.kind is Kind.FLAG)
_GROUPS = tuple(item.name for item in MEMBER_ITEMS if item.certificate is not None)
_PLAIN = re.compile(r"[0-9A-Z]{0,20}")
_MAX_CACHED = 20_000


class KeyFolder:
    """Folds symbols and numbers for comparison, with a cache for symbols, which recur."""

    def __init__(self) -> None:
        self._symbols: dict[str, str] = {}

    def symbols(self, texts: Sequence[str]) -> list[str]:
        """Folded symbols."""
        if len(self._symbols) > _MAX_CACHED:
            self._symbols.clear()
        for text in set(texts) - self._symbols.keys():
            self._symbols[text] = membership_key(text)
        return [self._symbols[text] for text in texts]

    @staticmethod
    def numbers(texts: Sequence[str]) -> Sequence[str]:
        """Folded numbers. Digits and capitals need no folding."""
        if all(map(_PLAIN.fullmatch, texts)):
            return texts
        return [membership_key(text) for text in texts]

    def records(self, rows: Rows) -> Iterator[StagedRow]:
        """Each row as a record.

        `membership` is equal for rows that may concern the same member, or two members with the same branch.
        """
        texts, stored = dict(rows.texts), dict(rows.stored)
        for name in _GROUPS:
            texts[name] = [canonical(group) if group else "" for group in rows.stored[name]]
            stored[name] = [text or None for text in texts[name]]
        symbols, members = self.symbols(texts["symbol"]), self.numbers(texts["number"])
        branches, births = texts["branch"], texts["birth_date"]
        memberships = [
            # Without a branch the members of a family share their number; the birth date distinguishes them.
            hash((member, symbol, branch or birth))
            for member, symbol, branch, birth in zip(members, symbols, branches, births, strict=True)
        ]
        digests = map(digest_of_texts, zip(*(texts[name] for name in CONTENT), strict=True))
        content = (stored[name] if name not in _FLAGS else map(bool, stored[name]) for name in CONTENT)
        return zip(rows.numbers, memberships, symbols, members, branches, *content, digests, strict=True)


def staging_reader(
    insurer_number: str, file_format: FileFormat, encoding: str, today: date
) -> MemberReader[StagedRow]:
    """The reader of an insurer's member file that makes records of the staging table."""
    return MemberReader(insurer_number, file_format, encoding, today, KeyFolder().records)
