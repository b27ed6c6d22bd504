"""Looking at what was prescribed and done (薬剤情報・診療情報 …) under a permit, kind by kind, every page of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from clinic_terminal.outcome import Outcome
from clinic_terminal.timings import Stopwatch, Timings
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Category
from eligibility_api.contract.emergency import PermitAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import CATEGORY_OF, HistoryPage, HistoryResource, MedicineGroup
from eligibility_api.contract.history_query import Accessor, HistoryQuery


@dataclass(frozen=True, slots=True)
class History:
    """How a look ended: the `pages` of each kind made one, up to the `problem` where there was one.

    `identified` is the tap or the look-up by number that came before it, `permit` what lets look without consent.
    """

    timings: Timings
    permit_id: UUID | None = None
    identified: Outcome | None = None
    permit: PermitAnswer | None = None
    pages: Mapping[HistoryResource, HistoryPage] = field(default_factory=dict)
    problem: ShikakuError | None = None


def categories_for(what: Iterable[HistoryResource]) -> tuple[Category, ...]:
    """What the patient must allow for these look-ups: with the medicines of claims, those that have no claim yet."""
    needed = {CATEGORY_OF[look_up] for look_up in what}
    if Category.MEDICATION in needed:
        needed.add(Category.PRESCRIPTION)
    return tuple(category for category in Category if category in needed)


def look(
    fund: FundClient,
    accessor: Accessor,
    what: Sequence[HistoryResource],
    wanted: HistoryQuery,
    watch: Stopwatch,
) -> History:
    """Look at each kind in turn. The first problem ends it; what was told before is kept."""
    pages: dict[HistoryResource, HistoryPage] = {}
    problem = None
    try:
        for look_up in what:
            with watch.step(look_up):
                pages[look_up] = _whole(fund, look_up, accessor, wanted)
    except ShikakuError as error:
        problem = error
    return History(watch.timings(), accessor.permit_id, pages=pages, problem=problem)


def _whole(
    fund: FundClient, look_up: HistoryResource, accessor: Accessor, wanted: HistoryQuery
) -> HistoryPage:
    calls: dict[HistoryResource, Callable[[Accessor, HistoryQuery], HistoryPage]] = {
        HistoryResource.MEDICATIONS: fund.medications,
        HistoryResource.TREATMENTS: fund.treatments,
        HistoryResource.SURGERIES: fund.surgeries,
        HistoryResource.DIAGNOSES: fund.diagnoses,
        HistoryResource.HEALTH_CHECKUPS: fund.health_checkups,
    }
    if look_up is not HistoryResource.MEDICATIONS:
        wanted = replace(wanted, group=None, prescriber=None)
    return merged(list(fund.pages(calls[look_up], accessor, wanted)))


def merged(pages: Sequence[HistoryPage]) -> HistoryPage:
    """The pages as one, the first one's record and instant kept: its lists are longer, and none follows."""
    first = pages[0]
    rows: dict[str, Any] = {
        name: _joined([getattr(page, name) for page in pages])
        for name in type(first).model_fields
        if isinstance(getattr(first, name), list)
    }
    return first.model_copy(update=rows | {"next": None})


def _joined(lists: Iterable[list[Any]]) -> list[Any]:
    """The lists one behind the other. A group that a page's end has cut goes on in the next list."""
    joined: list[Any] = []
    for rows in lists:
        cut = bool(joined and rows) and _goes_on(joined[-1], rows[0])
        if cut:
            joined[-1] = _whole_group(joined[-1], rows[0])
        joined += rows[1:] if cut else rows
    return joined


def _goes_on(last: object, first: object) -> bool:
    """Whether both are parts of one group, which only a key can tell."""
    if not isinstance(last, MedicineGroup) or not isinstance(first, MedicineGroup):
        return False
    return last.key is not None and last.key == first.key


def _whole_group(begun: MedicineGroup, rest: MedicineGroup) -> MedicineGroup:
    return MedicineGroup(
        key=begun.key,
        name=begun.name or rest.name,
        duplicates=begun.duplicates or rest.duplicates,
        medicines=[*begun.medicines, *rest.medicines],
    )
