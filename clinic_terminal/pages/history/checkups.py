"""Health check-ups over the years: a table of items by examination, and the lines of those that are numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eligibility_api.contract.history import CheckupItem, HealthCheckup
from screens.charts import LineChart, line_chart


@dataclass(frozen=True, slots=True)
class CheckupRow:
    """One item: its name, unit, and what each examination found, oldest first; a chart if they are numbers."""

    name: str
    code: str
    unit: str
    values: tuple[str, ...]
    chart: LineChart | None


@dataclass(frozen=True, slots=True)
class CheckupTable:
    """The examinations, oldest first, and their items in the order of the newest one."""

    examinations: tuple[HealthCheckup, ...]
    rows: tuple[CheckupRow, ...]


def checkup_table(checkups: Sequence[HealthCheckup]) -> CheckupTable:
    """The table of these check-ups."""
    examinations = sorted(checkups, key=lambda one: one.examined_on)
    items: dict[str, list[CheckupItem | None]] = {}
    for examination in reversed(examinations):
        for item in examination.items:
            items.setdefault(item.item_code, [])
    for found in items.values():
        found.extend([None] * len(examinations))
    for place, examination in enumerate(examinations):
        for item in examination.items:
            items[item.item_code][place] = item
    years = [f"{one.examined_on:%Y}" for one in examinations]
    once_a_year = len(set(years)) == len(years)
    labels = years if once_a_year else [f"{one.examined_on:%Y-%m}" for one in examinations]
    return CheckupTable(
        tuple(examinations), tuple(_row(code, found, labels) for code, found in items.items())
    )


def _row(code: str, found: Sequence[CheckupItem | None], labels: Sequence[str]) -> CheckupRow:
    newest = next(item for item in reversed(found) if item is not None)
    values = tuple(_text(item) if item is not None else "" for item in found)
    points = [
        (label, number, item.value or "")
        for label, item in zip(labels, found, strict=True)
        if item is not None and (number := _number(item)) is not None
    ]
    chart = line_chart(points) if len(points) >= 2 else None
    return CheckupRow(newest.item_name, code, newest.unit or "", values, chart)


def _text(item: CheckupItem) -> str:
    """The value; for a code its name first."""
    if item.value_name and item.value:
        return f"{item.value_name}（{item.value}）"
    return item.value_name or item.value or ""


def _number(item: CheckupItem) -> float | None:
    """The value as a number; None for a code or a text."""
    if item.value is None or item.value_name is not None:
        return None
    try:
        number = float(item.value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
