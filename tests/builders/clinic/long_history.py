"""A visibly synthetic person with many medicines: 81 dispensings, 34 ingredients, 29 pharmacies; and check-ups of years."""

from __future__ import annotations

from datetime import date, timedelta

from eligibility_api.contract.history import (
    CareSetting,
    CheckupItem,
    HealthCheckup,
    HealthCheckups,
    Institution,
    Medications,
    Medicine,
    MedicineGroup,
    Origin,
)
from tests.builders.clinic import histories
from tests.builders.clinic.samples import NOW

TODAY = NOW.date()
NAME_OF_40_CHARACTERS = "架空アムロジピンベシル酸塩口腔内崩壊錠５ｍｇ「見本製薬株式会社〇〇工場製造品」二"
"""A drug name of 40 characters, the longest that the master has."""

UNSHOWN, MARKUP = "架空●●カプセル２５ｍｇ", "<script>alert(1)</script>錠「見本」"
NO_NAME = "610000001"

ROWS, INGREDIENTS, PHARMACIES = 81, 34, 29


def rows() -> list[Medicine]:
    """81 rows, newest first; those of the first ingredient, of two prescribers, overlap by 9 days."""
    days = {number: TODAY - timedelta(days=1 + number * 4) for number in range(1, ROWS + 1)}
    days |= {1: TODAY - timedelta(days=28), 35: TODAY - timedelta(days=47)}
    newest_first = sorted(days, key=lambda number: days[number], reverse=True)
    places = {number: place for place, number in enumerate(newest_first, 1)}
    return [
        _row(number, places[number], days[number], [places[36 - number]] if number in {1, 35} else [])
        for number in newest_first
    ]


def _row(number: int, place: int, day: date, overlaps: list[int]) -> Medicine:
    ingredient, is_recent = (number - 1) % INGREDIENTS, place < 6
    return histories.medicine(
        place,
        on=None if number == 80 else day,
        month=f"{day:%Y-%m}",
        prescribed_on=day,
        drug_code=NO_NAME if ingredient == 3 else f"6200{ingredient:05}",
        name=_name(ingredient),
        ingredient_code=None if ingredient == 33 else f"99{ingredient:05}",
        act="23" if ingredient == 4 else "21",
        times=28,
        generic=ingredient % 2 == 0,
        origin=Origin.DISPENSING if is_recent else Origin.CLAIM,
        claim_month=None if is_recent else "2026-03",
        institution=_pharmacy((number - 1) % PHARMACIES),
        prescriber=histories.CLINIC if number % 2 and number != 35 else histories.OTHER,
        setting=CareSetting.PHARMACY,
        overlaps=overlaps,
    )


def _name(ingredient: int) -> str | None:
    special = {0: NAME_OF_40_CHARACTERS, 1: UNSHOWN, 2: MARKUP, 3: None}
    return special.get(ingredient, f"見本錠{ingredient}号１０ｍｇ「架空」")


def _pharmacy(number: int) -> Institution:
    return Institution(
        institution_code=f"13400{number:05}", institution_name=f"みほん薬局{number + 1}号店", own=number == 0
    )


def by_ingredient() -> Medications:
    """The list as the fund groups it by ingredient."""
    groups: dict[str, list[Medicine]] = {}
    for row in rows():
        groups.setdefault(row.ingredient_code or row.drug_code, []).append(row)
    return _page([_group(same[0].ingredient_code, same) for same in groups.values()])


def by_date() -> Medications:
    """The list as the fund groups it by date."""
    groups: dict[date | None, list[Medicine]] = {}
    for row in rows():
        groups.setdefault(row.on, []).append(row)
    return _page([_group(day.isoformat() if day else None, same) for day, same in groups.items()])


def _group(key: str | None, same: list[Medicine]) -> MedicineGroup:
    return histories.group(key, *same, name=same[0].name)


def _page(groups: list[MedicineGroup]) -> Medications:
    return histories.medications(*groups)


def checkups() -> HealthCheckups:
    """Check-ups of five years, oldest last; HbA1c rises, one value is a code, one item came later."""
    found = [_checkup(place, year) for place, year in enumerate(range(2025, 2020, -1), 1)]
    return histories.page(HealthCheckups, len(found), checkups=found)


def _checkup(place: int, year: int) -> HealthCheckup:
    values = {2021: "5.6", 2022: "5.7", 2023: "6.0", 2024: "6.3", 2025: "6.4"}
    items = [
        CheckupItem(
            item_code="3D046000001906202", item_name="ＨｂＡ１ｃ（ＮＧＳＰ値）", value=values[year], unit="%"
        ),
        CheckupItem(item_code="9N011000000000011", item_name="腹囲", value=str(84 + year % 5), unit="cm"),
        CheckupItem(item_code="1A020000000191111", item_name="尿蛋白", value="1", value_name="－"),
    ]
    if year >= 2024:
        items.append(
            CheckupItem(item_code="9A751000000000001", item_name="収縮期血圧", value="128", unit="mmHg")
        )
    return HealthCheckup(
        row=place,
        examined_on=date(year, 6, 1),
        insurer_number="01130012",
        known_from=NOW,
        age_days=3 + 365 * (2025 - year),
        items=items,
    )
