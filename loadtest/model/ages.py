"""Ages by counting birthdays (rules D3 to D8), with as little date arithmetic as possible."""

from __future__ import annotations

from datetime import date, timedelta


def age(birth_date: date, day: date) -> int:
    """Completed years. A person born on 29 February has her birthday after the 28th (D5)."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)


def birthday(birth_date: date, years: int) -> date:
    """The first day of that age."""
    day = date(birth_date.year + years, birth_date.month, 1)
    while age(birth_date, day) < years:
        day += timedelta(days=1)
    return day


def in_seventies(birth_date: date, day: date) -> bool:
    """Whether the day is in the 70–74 class (D6): 70 on the 1st of the month, and younger than 75."""
    return age(birth_date, day.replace(day=1)) >= 70 and age(birth_date, day) < 75


def preschool(birth_date: date, day: date) -> bool:
    """Whether a child is below school age (D7): under six when the school year began, on 1 April."""
    began = date(day.year if day.month >= 4 else day.year - 1, 4, 1)
    return age(birth_date, began) < 6
