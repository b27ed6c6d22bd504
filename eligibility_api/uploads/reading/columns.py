"""One column of a block of rows: each different text is judged once, and remembered where texts recur."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from eligibility_api.contract.member_file import (
    DISEASE_COLUMNS,
    GROUP_COLUMNS,
    MAX_DISEASES,
    REQUIRED_COLUMNS,
    disease_column,
    group_column,
)
from eligibility_api.contract.uploads import RowFault
from eligibility_api.uploads.reading.faults import BadValue
from eligibility_api.uploads.reading.values import (
    GROUP_RULES,
    ITEM_RULES,
    PERSON_TEXT,
    Rule,
    Stored,
    own_number,
    without_formula,
)

_MOST_REMEMBERED = 50_000

_PLAIN_PERSON_TEXT = re.compile(r"(?:(?![=+@\-])[^\x00-\x1f\x7f-\x9f]{1,200})?")
_PLAIN_NUMBER = re.compile(r"[0-9A-Za-z]{1,11}")
"""Texts that are plainly good, and kept as they are: most of the columns in which hardly a text recurs."""


class Column:
    """A column's rule. Not for use by several threads at a time."""

    def __init__(
        self, name: str, rule: Rule, *, required: bool = False, plain: re.Pattern[str] | None = None
    ) -> None:
        self.name = name
        self._rule = without_formula(rule)
        self._required = required
        self._plain = plain
        self._known: dict[str, Stored] = {}

    def read(self, texts: Sequence[str]) -> tuple[Sequence[Stored], dict[str, RowFault]]:
        """What the store keeps of each text, None for an empty one, and the texts that are wrong."""
        if self._plain is not None and all(map(self._plain.fullmatch, texts)):
            if not self._required:
                return [text or None for text in texts], {}
            if all(texts):
                return texts, {}
        wrong = dict(self._judge(set(texts) - self._known.keys()))
        stored = list(map(self._known.get, texts))
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        return stored, wrong

    def _judge(self, texts: set[str]) -> Iterator[tuple[str, RowFault]]:
        for text in texts:
            if not text and self._required:
                yield text, RowFault.REQUIRED
                continue
            try:
                self._known[text] = self._rule(text) if text else None
            except BadValue as fault:
                yield text, fault.code


def member_columns(insurer_number: str) -> list[Column]:
    """Every column of a member file of this insurer."""
    items = [("insurer_number", own_number(insurer_number)), *ITEM_RULES.items()]
    columns = [
        Column(name, rule, required=name in REQUIRED_COLUMNS, plain=_plain(name)) for name, rule in items
    ]
    return columns + [Column(name, GROUP_RULES[item]) for name, item in _group_columns()]


def _plain(name: str) -> re.Pattern[str] | None:
    if name == "number":
        return _PLAIN_NUMBER
    return _PLAIN_PERSON_TEXT if ITEM_RULES.get(name) is PERSON_TEXT else None


def _group_columns() -> Iterator[tuple[str, str]]:
    for prefix, items in GROUP_COLUMNS.values():
        for item in items:
            yield group_column(prefix, item), item
    for place in range(1, MAX_DISEASES + 1):
        for item in DISEASE_COLUMNS:
            yield disease_column(place, item), item
