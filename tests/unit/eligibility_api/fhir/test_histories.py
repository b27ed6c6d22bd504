"""Rows of a history as FHIR resources: every row is valid R4, whatever it lacks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.contract.codes import Care, Category, EndReason
from eligibility_api.contract.consent import Basis, ConsentStatus
from eligibility_api.fhir.histories import (
    bundle_of,
    consent_of,
    dispenses_of,
    observations_of,
    requests_of,
)
from eligibility_api.history.payloads import (
    HealthCheckupsDict,
    HistoryPageDict,
    MedicationsDict,
    MedicineDict,
)
from tests.builders.fhir import faults

CONSENT = UUID("019ab000-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
CLINIC: Any = {"institution_code": "1311111114", "institution_name": "架空診療所", "own": False}
ABOUT: HistoryPageDict = {
    "record_id": "019ab000-0000-7000-8000-000000000002",
    "answered_at": NOW,
    "available_until": None,
    "from_month": "2026-01",
    "to_month": "2026-11",
    "total": 1,
    "next": None,
}
MEDICINE: MedicineDict = {
    "month": "2026-10",
    "origin": "claim",
    "claim_month": "2026-11",
    "known_from": NOW,
    "age_days": 1,
    "institution": CLINIC,
    "setting": "pharmacy",
    "earlier_reader": False,
    "on": date(2026, 10, 2),
    "row": 1,
    "prescribed_on": date(2026, 10, 1),
    "prescriber": CLINIC,
    "act": "21",
    "drug_code": "990000101",
    "name": "見本錠",
    "ingredient_code": None,
    "generic": None,
    "quantity": "1.5",
    "unit": "錠",
    "usage_code": "006",
    "usage": "１日３回毎食後",
    "instruction": "見本の指示",
    "times": 14,
    "overlaps": [],
}


def page(**more: Any) -> MedicationsDict:
    """A page of one medicine with other items."""
    medicine: Any = {**MEDICINE, **more}
    return {**ABOUT, "medicines": [medicine], "groups": []}


def dispensed(**more: Any) -> dict[str, Any]:
    [resource] = dispenses_of(page(**more), CONSENT)
    assert faults(resource) == []
    return resource


def test_a_claims_medicine_is_a_dispense_with_its_prescription() -> None:
    resource = dispensed()
    [dosage] = resource["dosageInstruction"]
    assert resource["daysSupply"]["value"] == 14
    assert (dosage["text"], dosage["timing"]["code"]["coding"][0]["code"]) == ("１日３回毎食後", "006")
    assert dosage["doseAndRate"] == [{"doseQuantity": {"value": 1.5, "unit": "錠"}}]
    [prescription] = resource["contained"]
    assert (prescription["authoredOn"], prescription["status"]) == ("2026-10-01", "completed")
    assert prescription["requester"]["identifier"]["value"] == "1311111114"


@pytest.mark.parametrize(
    "lacking",
    [
        {"on": None, "prescribed_on": None, "prescriber": None},
        {"name": None, "quantity": None, "unit": None, "times": None},
        {"usage": None, "usage_code": None, "instruction": None},
        {"act": None, "usage": None, "usage_code": None, "instruction": None, "quantity": None}
        | {"unit": None, "times": None},
        {"quantity": "不明"},
    ],
    ids=["day", "quantity", "usage", "dosage", "no number"],
)
def test_what_a_row_lacks_its_resource_lacks(lacking: dict[str, Any]) -> None:
    resource = dispensed(**lacking)
    if lacking.get("on", True) is None:
        assert (resource["whenHandedOver"], "contained" in resource) == ("2026-10", False)


def test_doses_that_are_not_taken_daily_are_counted() -> None:
    resource = dispensed(act="22", times=5)
    assert "daysSupply" not in resource
    assert resource["dosageInstruction"][0]["timing"]["repeat"] == {"count": 5}


@pytest.mark.parametrize(
    ("setting", "category"),
    [("inpatient", "inpatient"), ("outpatient", "outpatient"), ("pharmacy", "community")],
)
def test_the_setting_is_the_category(setting: str, category: str) -> None:
    assert dispensed(setting=setting)["category"]["coding"][0]["code"] == category


@pytest.mark.parametrize(
    ("origin", "requests", "dispenses"),
    [("claim", 0, 1), ("dispensing", 0, 1), ("on-site", 0, 1), ("prescription", 1, 0)],
)
def test_every_row_is_a_request_or_a_dispense(origin: str, requests: int, dispenses: int) -> None:
    read = page(origin=origin)
    found = requests_of(read, CONSENT)
    assert (len(found), len(dispenses_of(read, CONSENT))) == (requests, dispenses)
    assert [faults(resource) for resource in found] == [[]] * requests
    assert all(resource["status"] == "active" for resource in found)


@pytest.mark.parametrize(
    ("item", "element", "value"),
    [
        (
            {"data_type": "PQ", "value": "128", "unit": "mmHg"},
            "valueQuantity",
            {"value": 128, "unit": "mmHg"},
        ),
        ({"data_type": None, "value": "5.6", "unit": "%"}, "valueQuantity", {"value": 5.6, "unit": "%"}),
        ({"data_type": "PQ", "value": "測定不能"}, "valueString", "測定不能"),
        ({"data_type": "PQ", "value": "1.2.3"}, "valueString", "1.2.3"),
        ({"data_type": "ST", "value": "特記なし"}, "valueString", "特記なし"),
        (
            {"data_type": "CD", "value": "1", "oid": "1.2.392.1", "value_name": "見本"},
            "valueCodeableConcept",
            {"coding": [{"system": "urn:oid:1.2.392.1", "code": "1"}], "text": "見本"},
        ),
        ({"data_type": "CD", "value": "1"}, "valueString", "1"),
        ({"value": None}, "dataAbsentReason", None),
    ],
    ids=["number", "undeclared", "no number", "two points", "text", "code", "code without table", "absent"],
)
def test_the_value_of_an_item_follows_its_data_type(item: dict[str, Any], element: str, value: Any) -> None:
    empty = dict.fromkeys(("data_type", "value", "unit", "oid", "value_name"))
    shown: Any = {"item_code": "9A751000000000001", "item_name": "収縮期血圧", **empty, **item}
    checkup: Any = {
        "row": 1,
        "examined_on": date(2026, 6, 1),
        "insurer_number": "01130012",
        "known_from": NOW,
    }
    read: HealthCheckupsDict = {**ABOUT, "checkups": [checkup | {"age_days": 1, "items": [shown]}]}
    [observation] = observations_of(read, CONSENT)
    assert faults(observation) == []
    assert element in observation
    assert value is None or observation[element] == value


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("until", [None, NOW])
def test_a_consent_is_active_until_it_ends(ended: bool, until: datetime | None) -> None:
    status = ConsentStatus(
        consent_id=CONSENT,
        basis=Basis.PIN,
        care=Care.OUTPATIENT,
        categories=[Category.MEDICATION, Category.TEST],
        given_at=NOW,
        available_until=until,
        ended_at=NOW if ended else None,
        end_reason=EndReason.BY_PATIENT if ended else None,
    )
    resource = consent_of(status, "1311111114")
    assert faults(resource) == []
    assert resource["status"] == ("inactive" if ended else "active")
    assert len(resource["provision"]["code"]) == 2
    assert ("period" in resource["provision"]) is (until is not None)


def test_an_empty_page_is_a_bundle_without_entries() -> None:
    bundle = bundle_of([], record_id=ABOUT["record_id"], links={"self": "/fhir/Observation"})
    assert faults(bundle) == []
    assert "entry" not in bundle
