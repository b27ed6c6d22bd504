"""Fetching a history: every page of each resource, with the operator's role."""

from __future__ import annotations

import pytest

from clinic_terminal.queries.history import History, categories_for, fetch_history, merge_pages
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.codes import Category, Role
from eligibility_api.contract.history import Grouping, HistoryResource, Medications, MedicineGroup, Treatments
from eligibility_api.contract.history_query import Accessor, HistoryQuery
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.histories import group, medications, medicine, page, treatments

QUERY = HistoryQuery("2025-01", "2025-12", Grouping.INGREDIENT, "1312222225")
PATH = f"/v1/consents/{CONSENT}"


def fetch(fund: FakeFund, *what: HistoryResource, accessor: Accessor | None = None) -> History:
    with fund.client() as client:
        return fetch_history(client, accessor or Accessor(CONSENT), what, QUERY, Stopwatch())


def medications_of(history: History) -> Medications:
    found = history.pages[HistoryResource.MEDICATIONS]
    assert isinstance(found, Medications)
    return found


def test_each_resource_is_requested_in_turn() -> None:
    fund = FakeFund()
    history = fetch(fund, *HistoryResource)
    assert fund.calls[1:] == [f"{PATH}/{resource}" for resource in HistoryResource]
    assert list(history.pages) == list(HistoryResource)
    assert (history.problem, history.permit_id) == (None, CONSENT)
    assert set(HistoryResource) <= set(history.timings.steps)


def test_grouping_and_prescriber_are_sent_for_medicines_only() -> None:
    fund = FakeFund()
    fetch(fund, HistoryResource.MEDICATIONS, HistoryResource.DIAGNOSES)
    months = {"from_month": "2025-01", "to_month": "2025-12"}
    assert fund.history.queries == [months | {"group": "ingredient", "prescriber": "1312222225"}, months]


def test_role_and_operator_are_sent_in_headers_not_in_the_url() -> None:
    fund = FakeFund()
    fetch(fund, HistoryResource.MEDICATIONS, accessor=Accessor(CONSENT, Role.PHARMACIST, "見本　薬剤師/1"))
    [headers] = fund.history.headers
    assert headers["Operator-Role"] == "pharmacist"
    assert headers["Operator-Name"] == "%E8%A6%8B%E6%9C%AC%E3%80%80%E8%96%AC%E5%89%A4%E5%B8%AB%2F1"


def test_every_page_is_fetched_and_merged() -> None:
    fund = FakeFund()
    fund.history.pages[HistoryResource.TREATMENTS] = [treatments(), treatments(), treatments()]
    found = fetch(fund, HistoryResource.TREATMENTS).pages[HistoryResource.TREATMENTS]
    assert isinstance(found, Treatments)
    assert (len(found.treatments), found.next) == (3, None)
    assert [asked.get("after") for asked in fund.history.queries] == [None, "1", "2"]


@pytest.mark.parametrize(
    ("pages", "groups"),
    [
        ([[("a", [1])], [("a", [2])]], [("a", [1, 2])]),
        ([[("a", [1])], [("b", [2])]], [("a", [1]), ("b", [2])]),
        ([[("a", [1]), ("b", [2])], [("b", [3])], [("b", [4]), ("c", [5])]], [("a", [1]), ("b", [2, 3, 4]), ("c", [5])]),
        ([[(None, [1])], [(None, [2])]], [(None, [1]), (None, [2])]),
        ([[("a", [1])], []], [("a", [1])]),
    ],
)  # fmt: skip
def test_a_group_split_by_a_page_break_is_merged(
    pages: list[list[tuple[str | None, list[int]]]], groups: list[tuple[str | None, list[int]]]
) -> None:
    whole = merge_pages([medications(*(_group(*one) for one in page)) for page in pages])
    assert isinstance(whole, Medications)
    assert [(one.key, [row.row for row in one.medicines]) for one in whole.groups] == groups


def _group(key: str | None, rows: list[int]) -> MedicineGroup:
    return group(key, *(medicine(row) for row in rows))


def test_a_merged_group_is_marked_if_one_part_is() -> None:
    marked = group("a", medicine(2, overlaps=[7]))
    whole = merge_pages([medications(group("a", medicine(1), name=None)), medications(marked)])
    assert isinstance(whole, Medications)
    assert (whole.groups[0].overlaps, whole.groups[0].name) == (True, marked.name)


def test_a_refusal_ends_the_access_and_keeps_earlier_pages() -> None:
    fund = FakeFund(failures={f"{PATH}/surgeries": ["consent-category"]})
    history = fetch(fund, HistoryResource.MEDICATIONS, HistoryResource.SURGERIES, HistoryResource.DIAGNOSES)
    assert list(history.pages) == [HistoryResource.MEDICATIONS]
    assert history.problem is not None
    assert history.problem.code == "consent-category"
    assert f"{PATH}/diagnoses" not in fund.calls


def test_a_connection_lost_between_two_pages_discards_the_resource() -> None:
    class Breaking(FakeFund):
        def _get(self, path, request):  # type: ignore[no-untyped-def]
            return (
                self._fail("lost", request) if "after" in request.url.params else super()._get(path, request)
            )

    fund = Breaking()
    fund.history.pages[HistoryResource.TREATMENTS] = [treatments(), treatments()]
    history = fetch(fund, HistoryResource.TREATMENTS)
    assert history.pages == {}
    assert history.problem is not None
    assert history.problem.code == "fund-unreachable"


def test_medications_need_the_category_of_prescriptions_too() -> None:
    assert categories_for([HistoryResource.MEDICATIONS]) == (Category.MEDICATION, Category.PRESCRIPTION)
    assert categories_for([HistoryResource.SURGERIES, HistoryResource.HEALTH_CHECKUPS]) == (
        Category.HEALTH_CHECKUP,
        Category.SURGERY,
    )


def test_an_empty_page_is_merged() -> None:
    assert merge_pages([page(Treatments, 0, treatments=[])]).total == 0
