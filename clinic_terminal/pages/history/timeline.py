"""The picture of a list of medicines: a band for each ingredient with its days of supply, overlaps hatched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from clinic_terminal.pages.history.choice import ChosenMedicines
from clinic_terminal.queries.medicines import Days, Overlaps, days_of_supply
from eligibility_api.contract.history import Medicine
from screens.bands import Band, BandPicture, band_picture


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture, and how many rows it lacks because they have no day."""

    picture: BandPicture
    without_day: int


def timeline(
    chosen: ChosenMedicines, overlaps: Overlaps, today: date, overlap_text: Callable[[int], str]
) -> Timeline:
    """The picture of what was chosen. `overlap_text`: the words for a number of days."""
    bands: dict[str, list[Medicine]] = {}
    for row in chosen.rows:
        bands.setdefault(row.ingredient_code or row.drug_code, []).append(row)
    drawn, end = [], today + timedelta(days=1)
    for rows in bands.values():
        periods = [period for row in rows if (period := _period(row)) is not None]
        shared = [period for row in rows for period in overlaps.periods(row)]
        days = overlaps.days(rows)
        drawn.append(Band(_label(rows), periods, shared, overlap_text(days) if days else ""))
        end = max([end, *(period.end for period in periods)])
    drawn.sort(key=lambda band: not band.shared)  # what needs a look comes first
    year, month = (int(part) for part in chosen.first_month.split("-"))
    first = date(year, month, 1)
    return Timeline(
        band_picture(drawn, _begin(first, drawn), end, today),
        sum(row.on is None for row in chosen.rows),
    )


def _period(row: Medicine) -> Days | None:
    """The days of supply; for doses and injections the day itself."""
    if row.on is None:
        return None
    return days_of_supply(row) or Days(row.on, row.on + timedelta(days=1))


def _label(rows: list[Medicine]) -> str:
    """The newest name of an ingredient, or its code."""
    return next((row.name for row in rows if row.name), rows[0].drug_code)


def _begin(first: date, bands: list[Band]) -> date:
    """The month in which the first period begins: an empty beginning would make the rest too small to read."""
    days = [begin for band in bands for begin, _ in band.periods]
    return max(first, min(days).replace(day=1)) if days else first
