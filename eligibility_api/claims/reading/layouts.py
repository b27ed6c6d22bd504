"""Record layouts: which fields a record has (`layouts.toml`), and how those that are read are validated.

Only fields that are stored or counted are validated; the others are only limited in number.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from operator import getitem, itemgetter
from typing import Any, NamedTuple

from eligibility_api.claims.reading.faults import HARMLESS, BadRecord, BadValue, FieldFault, bad_record
from eligibility_api.claims.reading.values import Field
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.shapes import shape

FIRST_DAY = "1日"
"""The first of the 31 fields of the month's days, which are validated together as one text."""

_OPTIONAL = frozenset({"SY", "CO"})
"""Diagnoses and comments: without one of them the claim still says who was treated, when and with what."""

_REPEATED = re.compile(r"(.+)×([0-9]+)")


class Layout:
    """A record's layout: the `names` of its fields, and those that are `read`, in the order of the values.

    Of a record that is `optional` any fault is harmless: it is left out as a whole.
    """

    def __init__(self, names: Sequence[str], read: Mapping[str, Field], *, optional: bool = False) -> None:
        self.names = names
        self._optional = optional
        self._fields = tuple(read.values())
        self._places = tuple(names.index(name) + 1 for name in read)
        self._pick = _picker(self._places)
        self._width = max(self._places, default=0) + 1
        self._has_days = FIRST_DAY in read
        self._max_splits = self._width - 1 if self._has_days else self._width
        """The rest stays one text: the days, or what follows the last field that is read."""
        self._min_commas = max(
            (p for p, field in zip(self._places, self._fields, strict=True) if field.required), default=0
        )

    def read(self, line: str) -> list[Any]:
        """Parse a record; returns the values of the fields that are read.

        Raises BadRecord, with the values if only lenient fields are invalid.
        """
        fields = line.split(",", self._max_splits)
        # The rule for days counts its own fields, so that in records with days, the most frequent ones, no
        # comma is counted twice.
        commas = len(fields) - 1 if self._has_days else line.count(",")
        if not self._min_commas <= commas <= len(self.names):
            raise bad_record(ClaimsFault.LEFT_OUT if self._optional else ClaimsFault.FIELDS)
        if len(fields) < self._width:
            fields += [""] * (self._width - len(fields))
        try:
            # One call for all fields; cached texts need no Python function call.
            return list(map(getitem, self._fields, self._pick(fields)))
        except BadValue:
            raise self._bad(fields) from None

    def place(self, name: str) -> int:
        """The field's number, from 1."""
        return self.names.index(name) + 1

    def fault(self, name: str, code: ClaimsFault, line: str) -> BadRecord:
        """A record that is faulty in one field."""
        place = self.place(name)
        fields = line.split(",", place + 1)
        text = fields[place] if place < len(fields) else ""
        return BadRecord(FieldFault(place, name, code, shape(text) or None))

    def _bad(self, fields: Sequence[str]) -> BadRecord:
        faults: list[FieldFault] = []
        values: list[Any] = []
        for place, field in zip(self._places, self._fields, strict=True):
            text = fields[place]
            try:
                values.append(field[text])
            except BadValue as bad:
                values.append(None)
                harmless = (field.lenient or self._optional) and bad.code is not ClaimsFault.MY_NUMBER
                code = ClaimsFault.LEFT_OUT if harmless else bad.code
                if bad.code is ClaimsFault.FIELDS:
                    faults.append(FieldFault(None, None, code, None))
                    continue
                offset, part = bad.part or (0, text)
                at = place + offset
                faults.append(FieldFault(at, self.names[at - 1], code, shape(part) or None))
        harmless = not self._optional and all(fault.code in HARMLESS for fault in faults)
        return BadRecord(*faults, values=values if harmless else None)


class CurrentRecord(NamedTuple):
    """The record that is being read, with its line number."""

    number: int
    record: str
    text: str
    layout: Layout

    def fault(self, name: str, code: ClaimsFault) -> BadRecord:
        """It is faulty in this field."""
        return self.layout.fault(name, code, self.text)


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """A function that selects the fields at these positions."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda fields: [fields[place] for place in places]


def layouts(kind: str, read: Mapping[str, Mapping[str, Field]]) -> dict[str, Layout]:
    """The layouts of a kind of claim by record, with the fields that are `read` of each."""
    table: dict[str, list[str]] = _PUBLISHED[kind]
    return {
        record: Layout(tuple(_expanded(names)), read[record], optional=record in _OPTIONAL)
        for record, names in table.items()
    }


def _expanded(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if repeated := _REPEATED.fullmatch(name):
            yield from (repeated[1].format(count) for count in range(1, int(repeated[2]) + 1))
        else:
            yield name


_PUBLISHED = tomllib.loads(files(__package__).joinpath("layouts.toml").read_text(encoding="utf-8"))
