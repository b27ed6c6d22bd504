"""The categories of information for consents, read from `categories.toml` (OQS 4.2, OQSCD036)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from eligibility_api.contract.codes import Category, Information, Role


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    """The properties of a category; see the head of `categories.toml`."""

    category: Category
    information: Information | None
    element: str
    medical: bool
    window: bool


def _read() -> dict[Category, CategoryEntry]:
    data = tomllib.loads(files(__package__).joinpath("categories.toml").read_text(encoding="utf-8"))
    return {Category(name): _entry(Category(name), **row) for name, row in data.items()}


def _entry(category: Category, *, information: str, **others: Any) -> CategoryEntry:
    return CategoryEntry(category, Information(information) if information else None, **others)


CATEGORIES = _read()
"""Every category, in the order in which the terminal asks for and displays it."""

MEDICAL_ROLES = frozenset({Role.DOCTOR, Role.DENTIST, Role.PHARMACIST, Role.AUTHORISED_STAFF})
"""The roles that may access a medical category."""
