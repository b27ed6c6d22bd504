"""What clerks call the columns of a member file, read from `member_columns.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from eligibility_api.contract.member_file import MAX_DISEASES


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnText:
    """A column's name in both languages, other headings, and notes; `example` is empty where the example has none."""

    ja: str
    en: str
    headings: tuple[str, ...] = ()
    note_ja: str = ""
    note_en: str = ""
    example: str = ""


def _read() -> Iterator[tuple[str, ColumnText]]:
    table = tomllib.loads(files(__package__).joinpath("member_columns.toml").read_text(encoding="utf-8"))
    single = {column: texts for column, texts in table.items() if "{n}" not in column}
    for column, texts in single.items():
        yield column, _text(texts)
    for place in range(1, MAX_DISEASES + 1):
        for column in table.keys() - single.keys():
            yield column.format(n=place), _text(table[column], place)


def _text(texts: dict[str, str | list[str]], place: int = 0) -> ColumnText:
    filled = {
        name: text.format(n=place) if isinstance(text, str) else tuple(each.format(n=place) for each in text)
        for name, text in texts.items()
    }
    return ColumnText(**filled)  # type: ignore[arg-type]


COLUMN_TEXTS: dict[str, ColumnText] = dict(_read())
"""The texts of every column of `member_file.MEMBER_COLUMNS`; a test compares them."""
