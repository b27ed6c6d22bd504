"""The layout of a record: which fields it has (`layouts.toml`), and what is read of them.

Only what is kept, or counted, is judged; of the other fields there must not be too many.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from operator import getitem, itemgetter
from typing import Any

from eligibility_api.claims.reading.faults import BadRecord, BadValue, FieldFault, whole
from eligibility_api.claims.reading.values import Field
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.domain.text import shape

FIRST_DAY = "1日"
"""The first of the fields of the month's days, which are read together."""

_REPEATED = re.compile(r"(.+)×([0-9]+)")


class Layout:
    """One record's layout. `names` of its fields; `read` by name, of which the values come in that order."""

    def __init__(self, names: Sequence[str], read: Mapping[str, Field]) -> None:
        self.names = names
        self._fields = tuple(read.values())
        self._places = tuple(names.index(name) + 1 for name in read)
        self._pick = _picker(self._places)
        self._width = max(self._places, default=0) + 1
        self._together = FIRST_DAY in read
        self._cut = self._width - 1 if self._together else self._width
        """What stays in one: the days, or what is behind the last field that is read."""
        self._least = max(
            (p for p, field in zip(self._places, self._fields, strict=True) if field.required), default=0
        )

    def read(self, line: str) -> list[Any]:
        """The values of the fields that are read. Raises BadRecord."""
        fields = line.split(",", self._cut)
        # The rule of the days counts them: of records with days, the most frequent ones, no comma is counted twice.
        commas = len(fields) - 1 if self._together else line.count(",")
        if not self._least <= commas <= len(self.names):
            raise whole(ClaimsFault.FIELDS)
        if len(fields) < self._width:
            fields += [""] * (self._width - len(fields))
        try:
            # One call for all fields, and none of Python's own for those whose texts were seen before.
            return list(map(getitem, self._fields, self._pick(fields)))
        except BadValue:
            raise BadRecord(*self._faults(fields)) from None

    def place(self, name: str) -> int:
        """The field's number, from 1."""
        return self.names.index(name) + 1

    def fault(self, name: str, code: ClaimsFault, line: str) -> BadRecord:
        """A record that is wrong in one field."""
        place = self.place(name)
        fields = line.split(",", place + 1)
        text = fields[place] if place < len(fields) else ""
        return BadRecord(FieldFault(place, name, code, shape(text) or None))

    def _faults(self, fields: Sequence[str]) -> Iterator[FieldFault]:
        for place, field in zip(self._places, self._fields, strict=True):
            text = fields[place]
            try:
                field[text]
            except BadValue as bad:
                if bad.code is ClaimsFault.FIELDS:
                    yield FieldFault(None, None, bad.code, None)
                    continue
                further, part = bad.part or (0, text)
                at = place + further
                yield FieldFault(at, self.names[at - 1], bad.code, shape(part) or None)


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """Picks the fields at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda fields: [fields[place] for place in places]


def layouts(kind: str, read: Mapping[str, Mapping[str, Field]]) -> dict[str, Layout]:
    """The layouts of a kind of receipt by record, with what is `read` of each."""
    table: dict[str, list[str]] = _PUBLISHED[kind]
    return {record: Layout(tuple(_expanded(names)), read.get(record, {})) for record, names in table.items()}


def _expanded(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if repeated := _REPEATED.fullmatch(name):
            yield from (repeated[1].format(count) for count in range(1, int(repeated[2]) + 1))
        else:
            yield name


_PUBLISHED = tomllib.loads(files(__package__).joinpath("layouts.toml").read_text(encoding="utf-8"))
