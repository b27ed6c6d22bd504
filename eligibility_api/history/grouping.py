"""A page of medicines in the groups in which it is told."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from eligibility_api.domain.medicines import Group
from eligibility_api.history.told import MedicineGroupTold, MedicineTold


def grouped(page: Iterable[tuple[Group, MedicineTold]]) -> list[MedicineGroupTold]:
    """Medicines with their groups, in the order of the groups. One that a page's end cuts goes on on the next page."""
    return [
        _group(group, [medicine for _, medicine in members])
        for group, members in groupby(page, key=lambda one: one[0])
    ]


def _group(group: Group, members: list[MedicineTold]) -> MedicineGroupTold:
    return {
        "key": group.key,
        "name": next((medicine["name"] for medicine in members if medicine["name"] is not None), None),
        "duplicates": any(medicine["duplicates"] for medicine in members),
        "medicines": members,
    }
