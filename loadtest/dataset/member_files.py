"""Member files as input of the reference model: rows of cells become memberships with plain values."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from eligibility_api.contract.characters import normalize_kana
from eligibility_api.contract.codes import CertificateKind
from loadtest.model.events import Membership, Row

_DAYS = {"insured_birth_date", "acquired_on", "lost_on", "issued_on", "valid_from", "valid_to"}
_NUMBERS = {"burden_ratio", "self_pay"}
_TEXTS = (
    "relationship", "insured_name", "insured_birth_date", "name", "name_kana", "name_alias", "name_alias_kana",
    "sex", "sex_on_certificate", "postal_code", "address", "acquired_on", "lost_on", "reason_of_loss",
    "issued_on", "valid_from", "valid_to", "burden_ratio",
)  # fmt: skip
_KANA = ("name_kana", "name_alias_kana")
"""Items that the fund stores in a normal form, however they are written."""

_ELDERLY = ("issued_on", "valid_from", "valid_to", "burden_ratio")
_LIMIT = ("issued_on", "valid_from", "valid_to", "long_term_on")
Cells = Mapping[str, str]
"""A row of a member file: its cells by column, including empty ones."""


def member_files(folder: Path) -> Iterator[tuple[int, Path]]:
    """The insurers' files with the index of their month, in order."""
    months = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    for month, files in enumerate(months):
        for file in sorted(files.glob("members-[0-9]*.csv")):
            yield month, file


def insurer_names(path: Path) -> dict[str, str]:
    """The insurers' names by their numbers. Raises OSError, KeyError."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["insurer_number"]: row["name"] for row in csv.DictReader(lines)}


def read_cells(path: Path) -> Iterator[Cells]:
    """The rows of a member file, by column. Raises OSError."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def membership_of(cells: Cells) -> Membership:
    """The membership of a row. Raises KeyError, ValueError."""
    return Membership(
        cells["insurer_number"],
        cells["symbol"] or None,
        cells["number"],
        cells["branch"] or None,
        date.fromisoformat(cells["birth_date"]),
    )


def row_of(cells: Cells, insurers: Mapping[str, str], person: str | None) -> Row:
    """A row for the reference model; `person` is the register's match. Raises KeyError, ValueError."""
    membership = membership_of(cells)
    items: dict[str, Any] = {name: _value(name, cells[name]) for name in _TEXTS}
    items |= {name: normalize_kana(cells[name]) for name in _KANA if cells[name]}
    items |= {
        "certificate_kind": cells["certificate_kind"] or CertificateKind.GENERAL.value,
        "insurer_name": insurers[membership.insurer_number],
        "nondisclosure": cells["nondisclosure"] == "1",
        "self_disclosure_blocked": cells["self_disclosure_blocked"] == "1",
        "elderly_certificate": _group(cells, "elderly", _ELDERLY),
        "limit_certificate": _limit(cells),
        "specific_diseases": list(_diseases(cells)),
    }
    return Row(membership, person, items)


def _group(cells: Cells, prefix: str, items: Sequence[str]) -> dict[str, Any] | None:
    group = {name: _value(name, cells[f"{prefix}_{name}"]) for name in items}
    return group if any(value is not None for value in group.values()) else None


def _limit(cells: Cells) -> dict[str, Any] | None:
    if not cells["limit_kind"]:
        return None
    codes = {"kind": cells["limit_kind"], "limit_class": cells["limit_class"]}
    return codes | (_group(cells, "limit", _LIMIT) or {})


def _diseases(cells: Cells) -> Iterator[dict[str, Any]]:
    for place in (1, 2, 3):
        if cells[f"disease_{place}"]:
            items = ("issued_on", "valid_from", "valid_to", "self_pay")
            yield {"disease": cells[f"disease_{place}"]} | (_group(cells, f"disease_{place}", items) or {})


def _value(name: str, text: str) -> Any:
    if not text:
        return None
    if name in _DAYS or name == "long_term_on":
        return date.fromisoformat(text)
    return int(text) if name in _NUMBERS else text
