"""Validates a block of rows column by column: each distinct text once, with a cache across blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from eligibility_api.contract.member_file import CERTIFICATE_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Item, Kind
from eligibility_api.contract.uploads import RowFault
from eligibility_api.uploads.reading.values import (
    BadValue,
    Rule,
    Stored,
    own_number,
    rule_of,
    without_formula,
)

_MAX_CACHED = 20_000
_MAX_CACHED_LENGTH = 60
"""Characters; longer texts rarely recur."""

_PLAIN_PERSON_TEXT = re.compile(r"(?:(?![=+@\-])[^\x00-\x1f\x7f-\x9f]{1,200})?")
_PLAIN_NUMBER = re.compile(r"[0-9A-Za-z]{1,11}")
"""Obviously valid texts, stored unchanged: a shortcut for columns in which texts rarely recur."""


class Column:
    """A column's rule with its cache. Not thread-safe."""

    def __init__(
        self, name: str, rule: Rule, *, required: bool = False, plain: re.Pattern[str] | None = None
    ) -> None:
        self.name = name
        self._rule = without_formula(rule)
        self._required = required
        self._plain = plain
        self._cache: dict[str, Stored] = {}
        self._long: list[str] = []
        """Texts of the present block that are not cached beyond it."""

    def read(self, texts: Sequence[str]) -> tuple[Sequence[Stored], dict[str, RowFault]]:
        """The stored value of each text (None if empty), and the violated rule of each invalid text."""
        if self._plain is not None and all(map(self._plain.fullmatch, texts)):
            if not self._required:
                return [text or None for text in texts], {}
            if all(texts):
                return texts, {}
        invalid = dict(self._validate(set(texts) - self._cache.keys()))
        stored = list(map(self._cache.get, texts))
        self._forget()
        return stored, invalid

    def _validate(self, texts: set[str]) -> Iterator[tuple[str, RowFault]]:
        for text in texts:
            if not text and self._required:
                yield text, RowFault.REQUIRED
                continue
            try:
                self._cache[text] = self._rule(text) if text else None
            except BadValue as fault:
                yield text, fault.code
            else:
                if len(text) > _MAX_CACHED_LENGTH:
                    self._long.append(text)

    def _forget(self) -> None:
        """Keep the cache small: a few long texts would take as much memory as all usual ones."""
        if len(self._cache) > _MAX_CACHED:
            self._cache.clear()
        else:
            for text in self._long:
                self._cache.pop(text, None)
        self._long.clear()


def member_columns(insurer_number: str) -> list[Column]:
    """All columns of a member file of this insurer."""
    own = Column("insurer_number", own_number(insurer_number), required=True)
    items = [
        Column(item.name, rule_of(item), required=item.required, plain=_plain(item))
        for item in MEMBER_ITEMS
        if item.certificate is None
    ]
    # A group without a required item is reported as a group (`groups`), not as an empty cell.
    members = [
        Column(column, rule_of(item))
        for groups in CERTIFICATE_COLUMNS.values()
        for group in groups
        for column, item in group.items()
    ]
    return [own, *items, *members]


def _plain(item: Item) -> re.Pattern[str] | None:
    if item.name == "number":
        return _PLAIN_NUMBER
    return _PLAIN_PERSON_TEXT if item.kind is Kind.TEXT else None
