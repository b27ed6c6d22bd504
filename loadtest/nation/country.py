"""What insurers told the fund of the nation's members, as the naive model hears it: their files, month by month.

A question is about one person: only what was said of her memberships is replayed, so that a nation of any size can be
asked about.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from eligibility_api.contract.characters import normal_kana
from eligibility_api.contract.codes import CertificateKind
from jpki_mock.register.matching import Attributes, match_key
from jpki_mock.register.resident import Resident
from loadtest.model.answer import Answer, Question, answer
from loadtest.model.events import FilePublished, Membership, Row
from loadtest.model.replay import Key, Knowledge, key_of, replay

_DAYS = {"insured_birth_date", "acquired_on", "lost_on", "issued_on", "valid_from", "valid_to"}
_NUMBERS = {"burden_ratio", "self_pay"}
_TEXTS = (
    "relationship", "insured_name", "insured_birth_date", "name", "name_kana", "name_alias", "name_alias_kana",
    "sex", "sex_on_certificate", "postal_code", "address", "acquired_on", "lost_on", "reason_of_loss",
    "issued_on", "valid_from", "valid_to", "burden_ratio",
)  # fmt: skip
_KANA = ("name_kana", "name_alias_kana")
"""What the fund keeps in one form, however it is written."""

_ELDERLY = ("issued_on", "valid_from", "valid_to", "burden_ratio")
_LIMIT = ("issued_on", "valid_from", "valid_to", "long_term_on")
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)

Cells = Mapping[str, str]


def read_residents(path: Path) -> Iterator[Resident]:
    """The residents of a file. Raises OSError, pydantic.ValidationError."""
    with path.open(encoding="utf-8") as lines:
        yield from map(Resident.model_validate_json, lines)


@dataclass(frozen=True, slots=True)
class Said:
    """One row of a month's file. `person`: the resident whom the register shows for it."""

    month: int
    row: Row


class Country:
    """The files of a country's months, and whom the resident register shows for each of their rows."""

    def __init__(self, folder: Path, residents: Path) -> None:
        """`folder` as `payer-mock country` made it. Raises OSError, KeyError, ValueError for what is none."""
        register = _Register(read_residents(residents))
        names = _insurer_names(folder / "insurers.csv")
        self._of_key: defaultdict[Key, list[Said]] = defaultdict(list)
        self._of_person: defaultdict[str, set[Key]] = defaultdict(set)
        months = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        for month, files in enumerate(months):
            for file in sorted(files.glob("members-[0-9]*.csv")):
                for cells in _cells(file):
                    self._take(Said(month, _row(cells, names, register.person(cells))))

    def _take(self, said: Said) -> None:
        key = key_of(said.row.membership)
        self._of_key[key].append(said)
        if said.row.person is not None:
            self._of_person[said.row.person].add(key)

    @property
    def memberships(self) -> list[Membership]:
        """Every membership as the newest file writes it."""
        return [said[-1].row.membership for said in self._of_key.values()]

    def answer(self, question: Question) -> Answer:
        """What the fund should answer now."""
        return answer(self._known_for(question), question)

    def _known_for(self, question: Question) -> Knowledge:
        """What is known of the person asked about, and of whoever shares a membership with her."""
        keys = set(self._of_person.get(question.person or "", ()))
        if question.membership is not None:
            # Without a branch every member of the number is meant: the question is never put so here.
            keys.add(key_of(question.membership))
        persons = {said.row.person for key in keys for said in self._of_key.get(key, ())} - {None}
        for person in persons:
            keys |= self._of_person[person or ""]
        return replay(self._events(keys), _FIRST + timedelta(days=1000))

    def _events(self, keys: set[Key]) -> Iterator[FilePublished]:
        months: defaultdict[int, list[Row]] = defaultdict(list)
        for key in sorted(keys):
            for said in self._of_key.get(key, ()):
                months[said.month].append(said.row)
        for month, rows in sorted(months.items()):
            yield FilePublished(_FIRST + timedelta(days=month), f"month {month}", rows)


class _Register:
    """Whom J-LIS finds by name, kana, birth date, sex and address: one, or nobody."""

    def __init__(self, residents: Iterator[Resident]) -> None:
        found: defaultdict[bytes, list[str]] = defaultdict(list)
        for r in residents:
            key = match_key(Attributes(r.name, r.name_kana, r.birth_date, r.sex, r.address))
            found[key].append(r.resident_id)
        self._found = found

    def person(self, cells: Cells) -> str | None:
        """The one resident whom a row describes."""
        attributes = Attributes(
            cells["name"],
            cells["name_kana"],
            date.fromisoformat(cells["birth_date"]),
            cells["sex"],
            cells["address"],
        )
        found = self._found.get(match_key(attributes), [])
        return found[0] if len(found) == 1 else None


def _insurer_names(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["insurer_number"]: row["name"] for row in csv.DictReader(lines)}


def _cells(path: Path) -> Iterator[Cells]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _row(cells: Cells, insurers: Mapping[str, str], person: str | None) -> Row:
    membership = Membership(
        cells["insurer_number"],
        cells["symbol"] or None,
        cells["number"],
        cells["branch"] or None,
        date.fromisoformat(cells["birth_date"]),
    )
    items: dict[str, Any] = {name: _value(name, cells[name]) for name in _TEXTS}
    items |= {name: normal_kana(cells[name]) for name in _KANA if cells[name]}
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
