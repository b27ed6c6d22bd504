"""What may be consented to, as data: `categories.toml` (OQS 4.2, OQSCD036)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from eligibility_api.contract.codes import Category, Information, Role


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    """What is particular to a category; see the head of `categories.toml`."""

    category: Category
    information: Information | None
    element: str
    medical: bool
    window: bool
    ja: str
    en: str


def _read() -> dict[Category, CategoryEntry]:
    data = tomllib.loads(files(__package__).joinpath("categories.toml").read_text(encoding="utf-8"))
    return {Category(name): _entry(Category(name), **row) for name, row in data.items()}


def _entry(category: Category, *, information: str, **more: Any) -> CategoryEntry:
    return CategoryEntry(category, Information(information) if information else None, **more)


CATEGORIES = _read()
"""Every category, in the order in which it is asked and shown."""

MEDICAL_ROLES = frozenset({Role.DOCTOR, Role.DENTIST, Role.PHARMACIST, Role.AUTHORISED_STAFF})
"""Who may look at a medical category."""


def asked_with(information: Information) -> list[Category]:
    """The categories that one question on the reader is about."""
    return [entry.category for entry in CATEGORIES.values() if entry.information is information]
