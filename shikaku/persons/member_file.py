"""Writes enrolments as a member file: flat CSV with a header, one row for each period of a member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from shikaku.private_files import write_private_csv

_PREFIXES = {"elderly_certificate": "elderly", "limit_certificate": "limit"}
_COLUMNS_OF_GROUPS = {
    "elderly": ("issued_on", "valid_from", "valid_to", "burden_ratio"),
    "limit": ("kind", "limit_class", "issued_on", "valid_from", "valid_to", "long_term_on"),
}
_MAX_DISEASES = 3
_COLUMNS_OF_DISEASES = ("issued_on", "valid_from", "valid_to", "self_pay")


def write_members(path: Path, members: Iterable[dict[str, Any]]) -> None:
    """Write enrolments, each with all items under the names of the contract, in UTF-8."""
    rows = [dict(_cells(member)) for member in members]
    write_private_csv(path, list(rows[0]), rows)


def _cells(member: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for item, value in member.items():
        if item in _PREFIXES:
            yield from _group(_PREFIXES[item], value or {})
        elif item == "specific_diseases":
            for position in range(1, _MAX_DISEASES + 1):
                yield from _disease(position, value[position - 1] if len(value) >= position else {})
        else:
            yield item, _cell(value)


def _group(prefix: str, group: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for item in _COLUMNS_OF_GROUPS[prefix]:
        column = item if item.startswith(prefix) else f"{prefix}_{item}"
        yield column, _cell(group.get(item))


def _disease(position: int, disease: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield f"disease_{position}", _cell(disease.get("disease"))
    for item in _COLUMNS_OF_DISEASES:
        yield f"disease_{position}_{item}", _cell(disease.get(item))


def _cell(value: Any) -> str:
    """A cell's text: `1` for a set flag, empty for an unset flag or an absent value."""
    if value is True:
        return "1"
    return "" if value is None or value is False else str(value)
