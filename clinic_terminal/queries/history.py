"""Fetches a patient's history (薬剤情報・診療情報 …) under a permit: each resource in turn, all of its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from clinic_terminal.outcome import Outcome
from clinic_terminal.timings import Stopwatch, Timings
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Category
from eligibility_api.contract.emergency import FoundPerson, PermitAnswer
from eligibility_api.contract.emergency_summary import Extent
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import CATEGORY_OF, HistoryPage, HistoryResource, MedicineGroup
from eligibility_api.contract.history_query import Accessor, HistoryQuery


@dataclass(frozen=True, slots=True)
class History:
    """Result of an access: each resource's pages merged into one, up to the `problem` where there was one.

    `identified` is the tap or the look-up by number before it, `found` the person of a search in a disaster, `permit`
    the permission of an access without consent.
    """

    timings: Timings
    permit_id: UUID | None = None
    identified: Outcome | None = None
    found: FoundPerson | None = None
    permit: PermitAnswer | None = None
    extent: Extent = Extent.FULL
    pages: Mapping[HistoryResource, HistoryPage] = field(default_factory=dict)
    problem: ShikakuError | None = None


def categories_for(resources: Iterable[HistoryResource]) -> tuple[Category, ...]:
    """The categories that these resources need.

    Medicines need two: those of claims, and those that have no claim yet.
    """
    needed = {CATEGORY_OF[resource] for resource in resources}
    if Category.MEDICATION in needed:
        needed.add(Category.PRESCRIPTION)
    return tuple(category for category in Category if category in needed)


def fetch_history(
    fund: FundClient,
    accessor: Accessor,
    resources: Sequence[HistoryResource],
    query: HistoryQuery,
    watch: Stopwatch,
) -> History:
    """Fetch each resource in turn. The first problem ends it; what was fetched before is kept."""
    pages: dict[HistoryResource, HistoryPage] = {}
    problem = None
    try:
        for resource in resources:
            with watch.step(resource):
                pages[resource] = _fetch_all(fund, resource, accessor, query)
    except ShikakuError as error:
        problem = error
    extent = query.extent or Extent.FULL
    return History(watch.timings(), accessor.permit_id, extent=extent, pages=pages, problem=problem)


def _fetch_all(
    fund: FundClient, resource: HistoryResource, accessor: Accessor, query: HistoryQuery
) -> HistoryPage:
    calls: dict[HistoryResource, Callable[[Accessor, HistoryQuery], HistoryPage]] = {
        HistoryResource.MEDICATIONS: fund.medications,
        HistoryResource.TREATMENTS: fund.treatments,
        HistoryResource.SURGERIES: fund.surgeries,
        HistoryResource.DIAGNOSES: fund.diagnoses,
        HistoryResource.HEALTH_CHECKUPS: fund.health_checkups,
    }
    if resource is not HistoryResource.MEDICATIONS:
        query = replace(query, group=None, prescriber=None)
    return merge_pages(list(fund.pages(calls[resource], accessor, query)))


def merge_pages(pages: Sequence[HistoryPage]) -> HistoryPage:
    """The pages as one, with the record and the instant of the first, longer lists, and no next page."""
    first = pages[0]
    rows: dict[str, Any] = {
        name: _concatenate([getattr(page, name) for page in pages])
        for name in type(first).model_fields
        if isinstance(getattr(first, name), list)
    }
    return first.model_copy(update=rows | {"next": None})


def _concatenate(lists: Iterable[list[Any]]) -> list[Any]:
    """The lists in sequence. A group that a page break has split is merged again."""
    joined: list[Any] = []
    for rows in lists:
        split = bool(joined and rows) and _is_same_group(joined[-1], rows[0])
        if split:
            joined[-1] = _merge_groups(joined[-1], rows[0])
        joined += rows[1:] if split else rows
    return joined


def _is_same_group(last: object, first: object) -> bool:
    """Whether both are parts of one group. Groups without a key never are."""
    if not isinstance(last, MedicineGroup) or not isinstance(first, MedicineGroup):
        return False
    return last.key is not None and last.key == first.key


def _merge_groups(first: MedicineGroup, rest: MedicineGroup) -> MedicineGroup:
    return MedicineGroup(
        key=first.key,
        name=first.name or rest.name,
        overlaps=first.overlaps or rest.overlaps,
        medicines=[*first.medicines, *rest.medicines],
    )
