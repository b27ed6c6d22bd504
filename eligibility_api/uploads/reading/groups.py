"""Items in groups of valid columns: certificates with their own validity, stored as canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eligibility_api.contract.member_file import CERTIFICATE_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Item, Kind
from eligibility_api.contract.uploads import RowFault
from eligibility_api.domain.membership import canonical

Texts = Mapping[str, Sequence[str]]
"""The texts of a block by column."""


class GroupFault(NamedTuple):
    """A fault of a group in a row, by the row's position in its block (from 0)."""

    position: int
    column: str
    code: RowFault


class Group:
    """The columns of one certificate."""

    def __init__(self, columns: Mapping[str, Item]) -> None:
        """`columns` with the item in each."""
        self._columns = {item.name: column for column, item in columns.items()}
        self._required = frozenset(item.name for item in columns.values() if item.required)
        self._numeric = frozenset(i.name for i in columns.values() if i.kind in {Kind.PERCENT, Kind.YEN})

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
            groups[position] = {item: self._value(item, text) for item, text in items.items()}
        return groups, faults

    def _faults(self, items: Mapping[str, str]) -> list[tuple[str, RowFault]]:
        missing = self._required - items.keys()
        if missing:
            return [(self._columns[item], RowFault.REQUIRED) for item in sorted(missing)]
        # ISO 8601 dates compare correctly as texts.
        if "valid_to" in items and items["valid_to"] < items["valid_from"]:
            return [(self._columns["valid_to"], RowFault.PERIOD)]
        return []

    def _value(self, item: str, text: str) -> str | int:
        return int(text) if item in self._numeric else text


_GROUPS = {name: [Group(columns) for columns in groups] for name, groups in CERTIFICATE_COLUMNS.items()}
_REPEATED = {item.name for item in MEMBER_ITEMS if item.certificate is not None and item.certificate.repeated}


def read_groups(texts: Texts, rows: int) -> tuple[dict[str, list[str]], list[GroupFault]]:
    """The canonical JSON of each group of a block's rows (empty if all its cells are), and their faults."""
    jsons: dict[str, list[str]] = {}
    faults: list[GroupFault] = []
    for name, groups in _GROUPS.items():
        by_position: dict[int, list[dict[str, str | int]]] = {}
        for group in groups:
            found, group_faults = group.read(texts)
            for position, items in found.items():
                by_position.setdefault(position, []).append(items)
            faults += group_faults
        jsons[name] = [""] * rows
        for position, certificates in by_position.items():
            jsons[name][position] = canonical(certificates if name in _REPEATED else certificates[0])
    return jsons, faults
