"""The histories of the fake fund: pages by resource, and a record of the requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2

from eligibility_api.contract.history import Grouping, HistoryPage, HistoryResource
from tests.builders.clinic import histories


@dataclass
class FakeHistory:
    """`pages` of each resource, in turn by the cursors `1`, `2` …; `by_date`: medicines grouped by date instead."""

    pages: dict[HistoryResource, Sequence[HistoryPage]] = field(
        default_factory=lambda: {
            HistoryResource.MEDICATIONS: [
                histories.medications(histories.group("9900001", histories.medicine()))
            ],
            HistoryResource.TREATMENTS: [histories.treatments()],
            HistoryResource.SURGERIES: [histories.treatments()],
            HistoryResource.DIAGNOSES: [histories.diagnoses()],
            HistoryResource.HEALTH_CHECKUPS: [histories.health_checkups()],
        }
    )
    by_date: Sequence[HistoryPage] = ()
    queries: list[dict[str, str]] = field(default_factory=list)
    headers: list[httpx2.Headers] = field(default_factory=list)

    def fetch(self, resource: HistoryResource, request: httpx2.Request) -> HistoryPage:
        query = dict(request.url.params)
        self.queries.append(query)
        self.headers.append(request.headers)
        grouped_by_date = query.get("group") == Grouping.DATE and self.by_date
        pages = self.by_date if grouped_by_date else self.pages[resource]
        number = int(query.get("after", "0"))
        following = str(number + 1) if number + 1 < len(pages) else None
        return pages[number].model_copy(update={"next": following})
