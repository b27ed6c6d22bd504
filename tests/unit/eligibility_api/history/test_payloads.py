"""The response bodies of a history have the members of the published models, and validate as them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel
from pydantic_core import to_json

from eligibility_api.contract import history
from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.contract.treatment_kinds import TreatmentKind
from eligibility_api.domain.checkups import LoadedCheckup
from eligibility_api.domain.claims import Act, Content, Drug
from eligibility_api.domain.history import HistoryRecord, TreatmentRow
from eligibility_api.domain.medicines import MedicineRow
from eligibility_api.drug_master.cache import DrugEntry, DrugMaster
from eligibility_api.history import payloads
from eligibility_api.history.presenter import Presenter

KNOWN_FROM = datetime(2026, 2, 10, 15, 0, tzinfo=UTC)
ANSWERED_AT = datetime(2026, 3, 1, 3, 4, 5, 678, tzinfo=UTC)
CLINIC, PHARMACY = "1311111114", "1340100013"


@pytest.mark.parametrize(
    ("plain", "model"),
    [
        (payloads.InstitutionDict, history.Institution),
        (payloads.HistoryRowDict, history.HistoryRow),
        (payloads.MedicineDict, history.Medicine),
        (payloads.MedicineGroupDict, history.MedicineGroup),
        (payloads.TreatmentDict, history.Treatment),
        (payloads.CheckupItemDict, history.CheckupItem),
        (payloads.HealthCheckupDict, history.HealthCheckup),
        (payloads.MedicationsDict, history.Medications),
        (payloads.TreatmentsDict, history.Treatments),
        (payloads.DiagnosesDict, history.Diagnoses),
        (payloads.HealthCheckupsDict, history.HealthCheckups),
    ],
)
def test_the_members_are_those_of_the_model(plain: type, model: type[BaseModel]) -> None:
    assert set(get_type_hints(plain)) == set(model.model_fields)


def known(
    *, setting: CareSetting = CareSetting.PHARMACY, claim_month: date | None = date(2026, 2, 1)
) -> HistoryRecord:
    content = Content("架空薬局", CLINIC, "架空診療所", (), (), ())
    origin = Origin.CLAIM if claim_month else Origin.DISPENSING
    return HistoryRecord(
        1, origin, KNOWN_FROM, b"", PHARMACY, setting, date(2026, 1, 1), claim_month, content
    )


def presenter() -> Presenter:
    return Presenter(
        PHARMACY, ANSWERED_AT, DrugMaster({"620000001": DrugEntry("見本錠", "錠", True, "1234567")})
    )


DRUG = Drug("620000001", "1.5", "21", 14, (), date(2026, 1, 7), date(2026, 1, 6), "003", None, "一包化")
UNNAMED = Drug("690000001", None, None, None)
ITEMS = [
    {"item_code": "9N001000000000001", "item_name": "身長", "data_type": "PQ", "value": "160.1", "unit": "cm"}
]


@pytest.mark.parametrize(
    ("row", "model"),
    [
        (
            presenter().medicine(1, MedicineRow(known(), DRUG, date(2026, 1, 7), 14, CLINIC), {1: [2]}),
            history.Medicine,
        ),
        (
            presenter().medicine(2, MedicineRow(known(claim_month=None), UNNAMED, None, None, None), {}),
            history.Medicine,
        ),
        (
            presenter().treatment(
                3,
                TreatmentRow(
                    known(setting=CareSetting.INPATIENT),
                    TreatmentKind.IMAGING,
                    Act("170011810", "2", "70", 1),
                    date(2026, 1, 3),
                    1,
                ),
            ),
            history.Treatment,
        ),
        (
            presenter().treatment(
                4,
                TreatmentRow(
                    known(setting=CareSetting.OUTPATIENT), TreatmentKind.VISIT, None, date(2026, 1, 3), None
                ),
            ),
            history.Treatment,
        ),
        (
            presenter().checkup(
                5, LoadedCheckup(1, "01130012", date(2025, 6, 1), KNOWN_FROM, json.dumps(ITEMS))
            ),
            history.HealthCheckup,
        ),
        (
            presenter().checkup(6, LoadedCheckup(1, "01130012", date(2025, 6, 1), KNOWN_FROM, ITEMS)),
            history.HealthCheckup,
        ),
    ],
)
def test_a_row_validates_as_its_model(row: Any, model: type[BaseModel]) -> None:
    sent = to_json(row)
    assert json.loads(model.model_validate_json(sent).model_dump_json()) == json.loads(sent)


def test_a_row_names_its_institution_and_its_age() -> None:
    row = presenter().medicine(1, MedicineRow(known(), DRUG, date(2026, 1, 7), 14, CLINIC), {})
    assert (row["name"], row["ingredient_code"], row["prescribed_on"]) == (
        "見本錠",
        "1234567",
        date(2026, 1, 6),
    )
    assert (row["institution"]["own"], row["age_days"]) == (True, 18)
    assert row["prescriber"] == {
        "institution_code": CLINIC,
        "institution_name": "架空診療所",
        "own": False,
    }
