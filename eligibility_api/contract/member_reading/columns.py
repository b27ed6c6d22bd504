"""Reads a block of rows column by column: each distinct text once, with a cache across blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from eligibility_api.contract.member_file import CERTIFICATE_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Item, Kind
from eligibility_api.contract.member_reading.values import (
    BadValue,
    Rule,
    insurer_rule,
    may_be_longer,
    rule_of,
    stored_as,
    without_formula,
)
from eligibility_api.contract.uploads import RowFault

_MAX_CACHED = 20_000
_MAX_CACHED_LENGTH = 60
"""Characters; longer texts rarely recur."""

_PLAIN_PERSON_TEXT = re.compile(r"(?:(?![=+@\-\s])[^\x00-\x1f\x7f-\x9f]{1,200})?")
_PLAIN_NUMBER = re.compile(r"[0-9A-Za-z]{1,11}")
"""Obviously valid texts, stored unchanged: a shortcut for columns in which texts rarely recur."""

Stored = str | int | bool | date | None


class ColumnValues(NamedTuple):
    """The cells of a column: their canonical texts, their stored values, and the rule that each bad text violates.

    An empty cell is stored as None. What stands for a bad text means nothing.
    """

    texts: Sequence[str]
    stored: Sequence[Stored]
    bad: dict[str, RowFault]


class Column:
    """A column's rule with its cache. Not thread-safe."""

    def __init__(
        self,
        name: str,
        rule: Rule,
        to_stored: Callable[[str], Stored] = str,
        *,
        required: bool = False,
        plain: re.Pattern[str] | None = None,
    ) -> None:
        self.name = name
        self._rule = without_formula(rule)
        self._to_stored = to_stored
        self.required = required
        self._plain = plain
        self._cache: dict[str, Stored] = {}
        self._rewritten: dict[str, str] = {}
        """The canonical texts of those cached ones that are not canonical themselves."""
        self._long: list[str] = []
        """Texts of the present block that are not cached beyond it."""

    def read(self, texts: Sequence[str]) -> ColumnValues:
        """The values of the cells `texts`."""
        if self._plain is not None and all(map(self._plain.fullmatch, texts)):
            if not self.required:
                return ColumnValues(texts, [text or None for text in texts], {})
            if all(texts):
                return ColumnValues(texts, texts, {})
        distinct = set(texts)
        bad = dict(self._validate(distinct - self._cache.keys()))
        stored = list(map(self._cache.get, texts))
        if self._rewritten and not self._rewritten.keys().isdisjoint(distinct):
            texts = list(map(self._rewritten.get, texts, texts))
        self._forget()
        return ColumnValues(texts, stored, bad)

    def _validate(self, texts: set[str]) -> Iterator[tuple[str, RowFault]]:
        for text in texts:
            try:
                canonical = self._rule(text) if text else ""
            except BadValue as fault:
                yield text, fault.code
                continue
            if self.required and not canonical:
                yield text, RowFault.REQUIRED
                continue
            self._cache[text] = self._to_stored(canonical) if canonical else None
            if canonical != text:
                self._rewritten[text] = canonical
            if len(text) > _MAX_CACHED_LENGTH:
                self._long.append(text)

    def _forget(self) -> None:
        """Keep the caches small: a few long texts would take as much memory as all usual ones."""
        if len(self._cache) > _MAX_CACHED:
            self._cache.clear()
            self._rewritten.clear()
        else:
            for text in self._long:
                self._cache.pop(text, None)
                self._rewritten.pop(text, None)
        self._long.clear()


_GROUP_ITEMS = {
    column: item
    for groups in CERTIFICATE_COLUMNS.values()
    for group in groups
    for column, item in group.items()
}
_ITEMS = {item.name: item for item in MEMBER_ITEMS if item.certificate is None}


def member_columns(insurer_number: str | None) -> list[Column]:
    """All columns of a member file of this insurer, or of any."""
    own = Column("insurer_number", insurer_rule(insurer_number), required=True)
    items = [
        Column(name, rule_of(item), stored_as(item), required=item.required, plain=_plain(item))
        for name, item in _ITEMS.items()
    ]
    # A group without a required item is reported as a group (`groups`), not as an empty cell.
    members = [Column(column, rule_of(item), stored_as(item)) for column, item in _GROUP_ITEMS.items()]
    return [own, *items, *members]


def is_open_ended(column: str | None, text: str) -> bool:
    """Whether the text of a column that is read may be the beginning of a longer one."""
    if column is None:
        return False
    item = _ITEMS.get(column) or _GROUP_ITEMS.get(column)
    return item is None or may_be_longer(item, text)


def _plain(item: Item) -> re.Pattern[str] | None:
    if item.name == "number":
        return _PLAIN_NUMBER
    return _PLAIN_PERSON_TEXT if item.kind is Kind.TEXT else None
