"""What a history shows of medical claims, as data: `treatment_kinds.toml` (rule H9)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from eligibility_api.contract.codes import Category


class TreatmentKind(StrEnum):
    """The kinds of rows of treatments and surgery."""

    VISIT = "visit"
    """A day of visit at an institution (受診歴)."""
    MEDICAL_MANAGEMENT = "medical-management"
    HOME_CARE_GUIDANCE = "home-care-guidance"
    DIALYSIS = "dialysis"
    HAEMOFILTRATION = "haemofiltration"
    PERITONEAL_DIALYSIS = "peritoneal-dialysis"
    PATHOLOGY = "pathology"
    IMAGING = "imaging"
    RADIOTHERAPY = "radiotherapy"
    SURGERY = "surgery"


@dataclass(frozen=True, slots=True)
class TreatmentKindEntry:
    """The properties of a kind; see the head of `treatment_kinds.toml`."""

    category: Category
    acts: frozenset[str]
    codes: frozenset[str]
    ja: str
    en: str


def _read() -> dict[TreatmentKind, TreatmentKindEntry]:
    data = tomllib.loads(files(__package__).joinpath("treatment_kinds.toml").read_text(encoding="utf-8"))
    return {
        TreatmentKind(name): TreatmentKindEntry(
            Category(row["category"]), frozenset(row["acts"]), frozenset(row["codes"]), row["ja"], row["en"]
        )
        for name, row in data.items()
    }


TREATMENT_KINDS = _read()
"""Every kind of row, in the order of the table."""

_BY_CODE = {
    (act, code): kind for kind, entry in TREATMENT_KINDS.items() for act in entry.acts for code in entry.codes
}
_WHOLE = {act: kind for kind, entry in TREATMENT_KINDS.items() if not entry.codes for act in entry.acts}


def kind_of(act: str | None, code: str) -> TreatmentKind | None:
    """The kind of an act by its 診療識別 and 診療行為コード; None for an act that no history shows (rule H9)."""
    if act is None:
        return None
    return _WHOLE.get(act) or _BY_CODE.get((act, code))
