"""Items in groups of columns: certificates with their own validity, stored as canonical JSON."""

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

_REQUIRED = frozenset({"kind", "limit_class", "disease", "valid_from", "valid_to"})
"""Items without which a group is incomplete."""

_NUMERIC = frozenset({"burden_ratio", "self_pay"})

Texts = Mapping[str, Sequence[str]]
"""The texts of a block by column."""


class GroupFault(NamedTuple):
    """A fault of a group in a row, by the row's position in its block (from 0)."""

    position: int
    column: str
    code: RowFault


class Group:
    """The columns of one certificate."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        """`columns` by item."""
        self._columns = dict(columns)

    def read(self, texts: Texts) -> tuple[dict[int, dict[str, str | int]], list[GroupFault]]:
        """The group's items by the position of each row that has any, and their faults."""
        columns = [texts[column] for column in self._columns.values()]
        if not any(any(column) for column in columns):
            return {}, []
        filled = {n: cells for n, cells in enumerate(zip(*columns, strict=True)) if any(cells)}
        groups: dict[int, dict[str, str | int]] = {}
        faults: list[GroupFault] = []
        for position, cells in filled.items():
            items = {item: text for item, text in zip(self._columns, cells, strict=True) if text}
            faults += (GroupFault(position, *fault) for fault in self._faults(items))
            groups[position] = {item: _value(item, text) for item, text in items.items()}
        return groups, faults

    def _faults(self, items: Mapping[str, str]) -> list[tuple[str, RowFault]]:
        missing = (_REQUIRED & self._columns.keys()) - items.keys()
        if missing:
            return [(self._columns[item], RowFault.REQUIRED) for item in sorted(missing)]
        # ISO 8601 dates compare correctly as texts.
        if items["valid_to"] < items["valid_from"]:
            return [(self._columns["valid_to"], RowFault.PERIOD)]
        return []


def _value(item: str, text: str) -> str | int:
    # An invalid number already has its fault.
    return int(text) if item in _NUMERIC and text.isascii() and text.isdigit() else text


_CERTIFICATES = {
    name: Group({item: group_column(prefix, item) for item in items})
    for name, (prefix, items) in GROUP_COLUMNS.items()
}
_DISEASES = [
    Group({item: disease_column(number, item) for item in DISEASE_COLUMNS})
    for number in range(1, MAX_DISEASES + 1)
]


def read_groups(texts: Texts, rows: int) -> tuple[dict[str, list[str]], list[GroupFault]]:
    """The canonical JSON of each group of a block's rows (empty if all its cells are), and their faults."""
    groups: dict[str, list[str]] = {}
    faults: list[GroupFault] = []
    for name, group in _CERTIFICATES.items():
        found, group_faults = group.read(texts)
        groups[name] = _by_row({position: canonical(items) for position, items in found.items()}, rows)
        faults += group_faults
    diseases: dict[int, list[object]] = {}
    for group in _DISEASES:
        found, group_faults = group.read(texts)
        for position, items in found.items():
            diseases.setdefault(position, []).append(items)
        faults += group_faults
    groups["specific_diseases"] = _by_row({n: canonical(items) for n, items in diseases.items()}, rows)
    return groups, faults


def _by_row(found: Mapping[int, str], rows: int) -> list[str]:
    """A list with an entry per row, empty for those not in `found`."""
    texts = [""] * rows
    for position, text in found.items():
        texts[position] = text
    return texts
