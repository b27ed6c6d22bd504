"""Which medicines of a list are shown, and how: an operator's choice, and the rows that it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from eligibility_api.contract.history import (
    Grouping,
    Institution,
    Medications,
    Medicine,
    MedicineGroup,
    Origin,
)


class Form(StrEnum):
    """The two forms of the list: rows alone, or a picture above them."""

    LIST = "list"
    TIMELINE = "timeline"


class Months(StrEnum):
    """How many months back from the newest one are shown."""

    THREE = "3"
    TWELVE = "12"
    ALL = "60"
    """As many as the fund keeps."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What an operator chose. `prescriber`: an institution code; empty: all of them."""

    months: Months = Months.TWELVE
    prescriber: str = ""
    origin: Origin | None = None
    overlaps: bool = False
    grouping: Grouping = Grouping.INGREDIENT
    form: Form = Form.LIST

    def filters(self) -> bool:
        """Whether rows may be left out."""
        return self.months is not Months.ALL or bool(self.prescriber or self.origin or self.overlaps)

    def takes(self, row: Medicine, first_month: str) -> bool:
        """Whether a row is shown."""
        return (
            row.month >= first_month
            and self.prescriber in ("", prescriber_of(row).institution_code)
            and self.origin in (None, row.origin)
            and (bool(row.overlaps) or not self.overlaps)
        )


@dataclass(frozen=True, slots=True)
class ChosenMedicines:
    """The groups that a choice leaves, and what the whole list has."""

    groups: tuple[MedicineGroup, ...]
    shown: int
    total: int
    first_month: str
    last_month: str
    ingredients: int
    dispensers: int
    prescribers: tuple[Institution, ...]

    @property
    def rows(self) -> tuple[Medicine, ...]:
        """The rows of all groups."""
        return tuple(row for group in self.groups for row in group.medicines)


def choose(page: Medications, choice: Choice) -> ChosenMedicines:
    """The rows of a grouped list that a choice leaves; a group without rows is left out."""
    everything = all_rows(page)
    first = max(page.from_month, first_month(page.to_month, int(choice.months)))
    groups = [_part(group, choice, first) for group in page.groups]
    groups = [group for group in groups if group.medicines]
    return ChosenMedicines(
        groups=tuple(groups),
        shown=sum(len(group.medicines) for group in groups),
        total=len(everything),
        first_month=first,
        last_month=page.to_month,
        ingredients=len({row.ingredient_code or row.drug_code for row in everything}),
        dispensers=len({row.institution.institution_code for row in everything}),
        prescribers=_distinct(prescriber_of(row) for row in everything),
    )


def all_rows(page: Medications) -> list[Medicine]:
    """Every row of a grouped list."""
    return [row for group in page.groups for row in group.medicines]


def prescriber_of(row: Medicine) -> Institution:
    """The prescribing institution; where a claim names none, the one that the row is of."""
    return row.prescriber or row.institution


def first_month(last: str, months: int) -> str:
    """The first of so many months up to `last` (YYYY-MM)."""
    year, month = (int(part) for part in last.split("-"))
    number = year * 12 + month - months
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _part(group: MedicineGroup, choice: Choice, first: str) -> MedicineGroup:
    left = [row for row in group.medicines if choice.takes(row, first)]
    return group.model_copy(update={"medicines": left, "overlaps": any(row.overlaps for row in left)})


def _distinct(institutions: Iterable[Institution]) -> tuple[Institution, ...]:
    found: dict[str, Institution] = {}
    for one in institutions:
        found.setdefault(one.institution_code, one)
    return tuple(sorted(found.values(), key=_name))


def _name(institution: Institution) -> str:
    return institution.institution_name or institution.institution_code


def newest_first(rows: Sequence[Medicine]) -> list[Medicine]:
    """Rows by the numbers that the fund gave them: newest first."""
    return sorted(rows, key=lambda row: row.row)
