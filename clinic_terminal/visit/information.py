"""What the reader asks consent for, and which categories one of its questions is about."""

from __future__ import annotations

from collections.abc import Collection

from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Category, Information

ASKED = tuple(one for one in CATEGORIES if one is not Category.LIMIT_CERTIFICATE)
"""What a patient is asked about. By card the limit certificate is shown without consent (rule S5)."""


def asked_for(information: Collection[Information]) -> tuple[Category, ...]:
    """The categories that a facility asks for which asks for this information."""
    return tuple(category for category in ASKED if CATEGORIES[category].information in information)


def by_information(categories: Collection[Category]) -> tuple[tuple[Category, ...], ...]:
    """The categories grouped as the reader asks about them (OQSCD036), in the order of its questions."""
    groups: dict[object, tuple[Category, ...]] = {}
    for category in categories:
        about = CATEGORIES[category].information or category
        groups[about] = (*groups.get(about, ()), category)
    return tuple(groups.values())
