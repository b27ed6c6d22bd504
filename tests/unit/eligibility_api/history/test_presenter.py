"""Rows of a history in their published form: names from master and code tables, institutions, groups."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from eligibility_api.contract.claim_codes import USAGES
from eligibility_api.contract.history import CareSetting
from eligibility_api.domain.claims import Drug
from eligibility_api.domain.history import HistoryRecord
from eligibility_api.domain.medicines import Group, MedicineRow
from eligibility_api.drug_master.cache import DrugEntry, DrugMaster
from eligibility_api.history.payloads import MedicineDict
from eligibility_api.history.presenter import Presenter, grouped
from tests.builders import known
from tests.builders.known import CLINIC, DAY, OTHER_CLINIC, PHARMACY

ANSWERED_AT = datetime(2026, 7, 20, 3, tzinfo=UTC)
MASTER = DrugMaster({"990000101": DrugEntry("見本錠", "錠", True, "1234567")})
CODE, NAME = next((code, name) for code, name in USAGES.items() if name)


def presenter(institution_code: str = CLINIC) -> Presenter:
    return Presenter(institution_code, ANSWERED_AT, MASTER)


def shown(drug: Drug, of: HistoryRecord | None = None, prescriber: str | None = CLINIC) -> MedicineDict:
    row = MedicineRow(of or known.known(), drug, DAY, 14, prescriber)
    return presenter().medicine(1, row, {})


@pytest.mark.parametrize(
    ("code", "written", "usage"),
    [
        (CODE, None, NAME),
        (CODE, "食後", "食後"),
        (None, "食後", "食後"),
        (None, None, None),
        ("9999", None, None),
        ("", None, None),
        (CODE, "", NAME),
    ],
)
def test_a_usage_is_shown_as_written_or_else_by_its_code(
    code: str | None, written: str | None, usage: str | None
) -> None:
    row = shown(known.drug(usage_code=code, usage=written))
    assert (row["usage"], row["usage_code"]) == (usage, code)


def test_a_drug_that_the_master_does_not_have_keeps_its_code_alone() -> None:
    row = shown(known.drug(code="999999999"))
    assert (row["drug_code"], row["name"], row["unit"], row["generic"], row["ingredient_code"]) == (
        "999999999", None, None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "names", "name"),
    [
        (CareSetting.PHARMACY, ("架空薬局", "架空診療所"), "架空診療所"),
        (CareSetting.OUTPATIENT, ("架空診療所", None), "架空診療所"),
        (CareSetting.INPATIENT, ("架空病院", "別名"), "架空病院"),
        (CareSetting.PHARMACY, ("架空薬局", None), None),
    ],
)
def test_the_prescriber_of_a_pharmacys_row_is_named_by_the_prescription(
    setting: CareSetting, names: tuple[str, str | None], name: str | None
) -> None:
    institution, prescriber = names
    of = known.known(known.content(institution_name=institution, prescriber_name=prescriber), setting=setting)
    row = shown(known.drug(), of)
    assert row["prescriber"] == {"institution_code": CLINIC, "institution_name": name, "own": True}
    assert row["institution"]["institution_name"] == institution


def test_without_a_prescriber_none_is_named() -> None:
    assert shown(known.drug(), prescriber=None)["prescriber"] is None


@pytest.mark.parametrize(("asking", "own"), [(CLINIC, True), (OTHER_CLINIC, False), (PHARMACY, False)])
def test_an_institution_is_marked_as_ones_own(asking: str, own: bool) -> None:
    row = presenter(asking).medicine(1, MedicineRow(known.known(), known.drug(), DAY, 14, None), {})
    assert row["institution"]["own"] is own


@pytest.mark.parametrize(
    ("on_drug", "on_entry", "shown_day"),
    [(DAY, None, DAY), (None, DAY, DAY), (DAY, date(2026, 5, 1), DAY), (None, None, None)],
)
def test_the_day_of_prescribing_is_the_drugs_or_else_the_entrys(
    on_drug: date | None, on_entry: date | None, shown_day: date | None
) -> None:
    row = shown(known.drug(prescribed_on=on_drug), known.known(prescribed_on=on_entry))
    assert row["prescribed_on"] == shown_day


@pytest.mark.parametrize(
    ("known_from", "days"),
    [
        (datetime(2026, 7, 19, 15, tzinfo=UTC), 0),
        (datetime(2026, 7, 19, 14, 59, tzinfo=UTC), 1),
        (datetime(2026, 6, 20, 3, tzinfo=UTC), 30),
    ],
)
def test_the_age_counts_days_in_japan(known_from: datetime, days: int) -> None:
    assert shown(known.drug(), known.known(known_from=known_from))["age_days"] == days


def test_rows_of_two_records_are_never_mixed_up() -> None:
    one, other = known.known(month=date(2026, 5, 1)), known.known(month=date(2026, 6, 1))
    presenting = presenter()
    rows = [
        presenting.medicine(n, MedicineRow(of, known.drug(), DAY, 1, None), {})
        for n, of in enumerate((one, other, one), 1)
    ]
    assert [row["month"] for row in rows] == ["2026-05", "2026-06", "2026-05"]


def test_an_entry_has_no_claim_month() -> None:
    row = shown(known.drug(), known.prescription())
    assert (row["claim_month"], row["origin"]) == (None, "prescription")


def medicine(**values: Any) -> MedicineDict:
    return {**shown(known.drug()), **values}  # type: ignore[typeddict-item]


A, B = Group("1234567", ""), Group(None, "990000102")


@pytest.mark.parametrize(
    ("names", "name"), [([None, "見本錠"], "見本錠"), (["甲", "乙"], "甲"), ([None], None)]
)
def test_a_group_has_the_first_name_of_its_medicines(names: list[str | None], name: str | None) -> None:
    [group] = grouped((A, medicine(name=one)) for one in names)
    assert group["name"] == name


def test_a_group_is_marked_if_one_of_its_medicines_overlaps_another() -> None:
    plain, marked = medicine(overlaps=()), medicine(overlaps=[3])
    groups = grouped([(A, plain), (A, marked), (B, plain)])
    assert [(group["key"], group["overlaps"], len(group["medicines"])) for group in groups] == [
        ("1234567", True, 2),
        (None, False, 1),
    ]


def test_two_groups_without_a_published_key_stay_apart() -> None:
    groups = grouped([(Group(None, "1"), medicine()), (Group(None, "2"), medicine())])
    assert [group["key"] for group in groups] == [None, None]


def test_an_empty_page_has_no_groups() -> None:
    assert grouped([]) == []
