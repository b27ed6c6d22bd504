"""Items that come in groups: certificates with days of their own, kept as canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eligibility_api.contract.member_file import (
    DISEASE_COLUMNS,
    GROUP_COLUMNS,
    MAX_DISEASES,
    disease_column,
    group_column,
)
from eligibility_api.contract.uploads import RowFault
from eligibility_api.domain.membership import canonical

_NEEDED = frozenset({"kind", "limit_class", "disease", "valid_from", "valid_to"})
"""Items without which a group says nothing."""

_NUMBERS = frozenset({"burden_ratio", "self_pay"})

Texts = Mapping[str, Sequence[str]]
"""The texts of a block by column."""


class GroupFault(NamedTuple):
    """A fault of a group in one row of a block (from 0)."""

    place: int
    column: str
    code: RowFault


class Group:
    """The columns of one certificate."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        """`columns` by item."""
        self._columns = dict(columns)

    def read(self, texts: Texts) -> tuple[dict[int, dict[str, str | int]], list[GroupFault]]:
        """What is said of the group, by the places of the rows that say something, and its faults."""
        columns = [texts[column] for column in self._columns.values()]
        if not any(any(column) for column in columns):
            return {}, []
        said = {place: cells for place, cells in enumerate(zip(*columns, strict=True)) if any(cells)}
        found: dict[int, dict[str, str | int]] = {}
        faults: list[GroupFault] = []
        for place, cells in said.items():
            items = {item: text for item, text in zip(self._columns, cells, strict=True) if text}
            faults += (GroupFault(place, *fault) for fault in self._faults(items))
            found[place] = {item: _value(item, text) for item, text in items.items()}
        return found, faults

    def _faults(self, items: Mapping[str, str]) -> list[tuple[str, RowFault]]:
        missing = (_NEEDED & self._columns.keys()) - items.keys()
        if missing:
            return [(self._columns[item], RowFault.REQUIRED) for item in sorted(missing)]
        # Days of ISO 8601 compare as texts.
        if items["valid_to"] < items["valid_from"]:
            return [(self._columns["valid_to"], RowFault.PERIOD)]
        return []


def _value(item: str, text: str) -> str | int:
    # A number that is none has its fault already.
    return int(text) if item in _NUMBERS and text.isascii() and text.isdigit() else text


_CERTIFICATES = {
    name: Group({item: group_column(prefix, item) for item in items})
    for name, (prefix, items) in GROUP_COLUMNS.items()
}
_DISEASES = [
    Group({item: disease_column(place, item) for item in DISEASE_COLUMNS})
    for place in range(1, MAX_DISEASES + 1)
]


def read_groups(texts: Texts, rows: int) -> tuple[dict[str, list[str]], list[GroupFault]]:
    """The canonical JSON of each group of a block's rows (empty where nothing is said), and their faults."""
    groups: dict[str, list[str]] = {}
    faults: list[GroupFault] = []
    for name, group in _CERTIFICATES.items():
        found, wrong = group.read(texts)
        groups[name] = _spread({place: canonical(said) for place, said in found.items()}, rows)
        faults += wrong
    diseases: dict[int, list[object]] = {}
    for group in _DISEASES:
        found, wrong = group.read(texts)
        for place, said in found.items():
            diseases.setdefault(place, []).append(said)
        faults += wrong
    groups["specific_diseases"] = _spread({place: canonical(all_) for place, all_ in diseases.items()}, rows)
    return groups, faults


def _spread(found: Mapping[int, str], rows: int) -> list[str]:
    spread = [""] * rows
    for place, text in found.items():
        spread[place] = text
    return spread
