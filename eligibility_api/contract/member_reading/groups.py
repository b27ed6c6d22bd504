"""Items in groups of valid columns: certificates with their own validity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eligibility_api.contract.member_file import CERTIFICATE_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Item, Kind
from eligibility_api.contract.member_reading.block import PositionedFault, Rows, Texts
from eligibility_api.contract.uploads import RowFault

Certificate = dict[str, str | int]
"""The items of a group that a row has; days as ISO texts."""


class Group:
    """The columns of one certificate."""

    def __init__(self, columns: Mapping[str, Item]) -> None:
        """`columns` with the item in each."""
        self._columns = {item.name: column for column, item in columns.items()}
        self._required = frozenset(item.name for item in columns.values() if item.required)
        self._numeric = frozenset(i.name for i in columns.values() if i.kind in {Kind.PERCENT, Kind.YEN})

    def read(self, texts: Texts) -> tuple[dict[int, Certificate], list[PositionedFault]]:
        """The group's items by the position of each row that has any, and their faults."""
        columns = [texts[column] for column in self._columns.values()]
        if not any(any(column) for column in columns):
            return {}, []
        filled = {n: cells for n, cells in enumerate(zip(*columns, strict=True)) if any(cells)}
        groups: dict[int, Certificate] = {}
        faults: list[PositionedFault] = []
        for position, cells in filled.items():
            items = {item: text for item, text in zip(self._columns, cells, strict=True) if text}
            faults += ((position, *fault) for fault in self._faults(items))
            groups[position] = {item: self._value(item, text) for item, text in items.items()}
        return groups, faults

    def _faults(self, items: Mapping[str, str]) -> Iterator[tuple[str, RowFault]]:
        missing = self._required - items.keys()
        if missing:
            yield from ((self._columns[item], RowFault.REQUIRED) for item in sorted(missing))
        # ISO 8601 dates compare correctly as texts.
        elif "valid_to" in items and items["valid_to"] < items["valid_from"]:
            yield self._columns["valid_to"], RowFault.PERIOD

    def _value(self, item: str, text: str) -> str | int:
        return int(text) if item in self._numeric else text


_GROUPS = {name: [Group(columns) for columns in groups] for name, groups in CERTIFICATE_COLUMNS.items()}
_REPEATED = {item.name for item in MEMBER_ITEMS if item.certificate is not None and item.certificate.repeated}


def add_groups(rows: Rows) -> list[PositionedFault]:
    """Add each group of the rows' items to what is stored; returns their faults."""
    faults: list[PositionedFault] = []
    for name, groups in _GROUPS.items():
        by_position: dict[int, list[Certificate]] = {}
        for group in groups:
            found, group_faults = group.read(rows.texts)
            for position, items in found.items():
                by_position.setdefault(position, []).append(items)
            faults += group_faults
        rows.stored[name] = _column(by_position, len(rows.numbers), repeated=name in _REPEATED)
    return faults


def _column(certificates: Mapping[int, list[Certificate]], rows: int, *, repeated: bool) -> Sequence[Any]:
    column: list[Any] = [None] * rows
    for position, found in certificates.items():
        column[position] = found if repeated else found[0]
    return column
