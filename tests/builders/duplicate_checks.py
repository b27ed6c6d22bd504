"""Checks of duplicate medication of the test persons, as requests."""

from __future__ import annotations

from typing import Any

from shikaku.persons.dataset import Dataset
from shikaku.persons.person import Medicine


def check_request(data: Dataset, medicine: Medicine, identified_by: str) -> dict[str, Any]:
    """The request of a check today, within other institutions' entries too."""
    return {
        "identified_by": identified_by,
        "on": data.today,
        "same_institution": True,
        "medicines": [{"drug_code": medicine.drug, "act": medicine.act, "times": medicine.times}],
    }
