"""The histories of a played fund: pages by kind, and who asked for them with which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2

from eligibility_api.contract.history import HistoryPage, HistoryResource
from tests.unit.clinic_terminal import histories


@dataclass
class FakeHistory:
    """`pages` of each kind, one after another by the cursors `1`, `2` …"""

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
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[httpx2.Headers] = field(default_factory=list)

    def look(self, look_up: HistoryResource, request: httpx2.Request) -> HistoryPage:
        query = dict(request.url.params)
        self.asked.append(query)
        self.headers.append(request.headers)
        pages = self.pages[look_up]
        number = int(query.get("after", "0"))
        following = str(number + 1) if number + 1 < len(pages) else None
        return pages[number].model_copy(update={"next": following})
