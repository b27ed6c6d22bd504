"""The text of a paper: title, lines about the person, and sections of tables. Values only, nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and its share of the width."""

    heading: str
    share: float


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a line of their own, such as those of one month and institution; a row has a text per column."""

    heading: str
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A table with a heading; without groups the `empty` sentence stands in its place."""

    heading: str
    columns: Sequence[Column]
    groups: Sequence[Group]
    empty: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of any number of pages; `person` and `footer` are on each of them."""

    title: str
    title_en: str
    person: str
    sections: Sequence[Section]
    footer: str

    def texts(self) -> Iterator[str]:
        """All texts of the paper."""
        yield from (self.title, self.title_en, self.person, self.footer)
        for section in self.sections:
            yield from (section.heading, section.empty)
            yield from (column.heading for column in section.columns)
            for group in section.groups:
                yield group.heading
                for row in group.rows:
                    yield from row
