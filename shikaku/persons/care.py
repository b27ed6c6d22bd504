"""What institutions recorded about test persons: prescriptions of another clinic, and claims of the asking one.

The claims are of the month before the last one and were sent in the last one, so that histories show them on every day
of a month (rule H1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from shikaku.persons.dataset import MEMBERSHIP, Dataset
from shikaku.persons.person import ClaimData, Medicine, Person

CLINIC = {"code": "1311111114", "name": "架空診療所"}
"""The asking clinic, in claims."""

_ORAL, _WITH_MEALS = "21", "006"


def claim_descriptions(data: Dataset) -> Mapping[str, dict[str, Any]]:
    """For each insurer number the claims of its members, as `payer-mock write-claims` reads them."""
    sent = _first_of_former_month(date.fromisoformat(data.today))
    treated = _first_of_former_month(sent)
    claims: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for person in (person for person in data.persons if person.claims):
        member = data.enrolment(person, 1)
        patient = {name: member[name] for name in (*MEMBERSHIP, "name", "sex")}
        claims[member["insurer_number"]] += [_claim(patient, treated, claim) for claim in person.claims]
    month = f"{sent:%Y-%m}"
    return {insurer: {"claim_month": month, "medical": own} for insurer, own in claims.items()}


def prescriptions(person: Person, identified_by: str) -> list[dict[str, Any]]:
    """The requests by which the other clinic recorded its prescriptions, for the record of its tap."""
    return [
        {
            "identified_by": identified_by,
            "prescribed_on": one.on,
            "medicines": [_medicine(one) | {"quantity": "1", "usage_code": _WITH_MEALS}],
        }
        for one in person.prescriptions
    ]


def _medicine(medicine: Medicine) -> dict[str, Any]:
    return {"drug_code": medicine.drug, "act": medicine.act, "times": medicine.times}


def _claim(patient: Mapping[str, Any], treated: date, claim: ClaimData) -> dict[str, Any]:
    units: list[dict[str, Any]] = [
        {"act": act.kind, "acts": [{"code": act.code}], "days": {str(claim.day): 1}} for act in claim.acts
    ]
    if claim.drug is not None:
        drugs = [{"code": claim.drug, "quantity": "1"}]
        units.append({"act": _ORAL, "drugs": drugs, "days": {str(claim.day): claim.times}})
    began_on = treated.isoformat()
    diseases = [
        {"name": name, "began_on": began_on, "main": name == claim.diseases[0]} for name in claim.diseases
    ]
    return {
        "institution": CLINIC,
        "member": dict(patient),
        "treatment_month": f"{treated:%Y-%m}",
        "diseases": diseases,
        "units": units,
    }


def _first_of_former_month(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
