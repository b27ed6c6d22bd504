"""The three trees of a history (OQS 7.2): what claims say, dispensings, and prescriptions, by month, place and day.

Several values of these trees are not public; they are chosen here and named in docs/divergences.md.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from typing import Final, TypeVar

from clinic_terminal.messages.medicine_trees import (
    ClaimDay,
    ClaimMedicine,
    ClaimMonth,
    ClaimTreatment,
    DispensedMedicine,
    DispensingDay,
    DispensingMonth,
    PrescribedMedicine,
    PrescriptionDay,
    PrescriptionMonth,
)
from eligibility_api.contract.history import (
    CareSetting,
    HistoryRow,
    Institution,
    Medicine,
    Origin,
    Treatment,
)
from eligibility_api.contract.treatment_kinds import TREATMENT_KINDS

OWN, OTHER = "1", "2"
"""The asking institution, or another (PrIsOrg; taken for DiOrg, CzDiOrg and ShPrOrg too)."""

SETTINGS: Final = {CareSetting.INPATIENT: "1", CareSetting.OUTPATIENT: "2", CareSetting.PHARMACY: "3"}
"""InOut: our choice. 1 入院, 2 外来, 3 調剤."""

ON_SITE, TO_PHARMACY = "1", "2"
"""CzPrCl and ShPrCl: our choice. 1 院内処方, 2 院外処方."""

FORMS: Final = {"21": "1", "22": "2", "23": "3", "31": "5", "32": "5", "33": "5"}
"""CzUsageCl and ShUsageCl by 診療識別, as electronic prescriptions write the form: 1 内服, 2 頓服, 3 外用, 5 注射."""

OTHER_FORM = "9"

Row = TypeVar("Row", bound=HistoryRow)
Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


def claim_months(medicines: Sequence[Medicine], treatments: Sequence[Treatment]) -> tuple[ClaimMonth, ...]:
    """薬剤情報 and 診療情報 of claims."""
    rows = [*(row for row in medicines if row.origin is Origin.CLAIM), *treatments]
    return tuple(_claim_month(group) for group in _groups(rows, _place))


def dispensing_months(medicines: Sequence[Medicine]) -> tuple[DispensingMonth, ...]:
    """調剤情報 of electronic prescriptions."""
    rows = [row for row in medicines if row.origin is Origin.DISPENSING]
    return tuple(_dispensing_month(group) for group in _groups(rows, _place))


def prescription_months(medicines: Sequence[Medicine]) -> tuple[PrescriptionMonth, ...]:
    """処方情報 of electronic prescriptions, and 院内処方情報."""
    rows = [row for row in medicines if row.origin in (Origin.PRESCRIPTION, Origin.ON_SITE)]
    return tuple(
        _prescription_month(group) for group in _groups(rows, lambda row: (*_place(row), row.origin))
    )


def _groups(rows: Iterable[Thing], key: Callable[[Thing], Hashable]) -> list[list[Thing]]:
    """The rows by key, in the order in which keys and rows came."""
    groups: dict[Hashable, list[Thing]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.values())


def _place(row: HistoryRow) -> tuple[Hashable, ...]:
    prescriber = _prescriber(row)
    return (
        row.month,
        row.institution.institution_code,
        prescriber and prescriber.institution_code,
        row.setting,
    )


def _prescriber(row: HistoryRow) -> Institution | None:
    """The prescribing institution; that of a treatment is the one that gives it."""
    return row.prescriber if isinstance(row, Medicine) else row.institution


def _origin(institution: Institution | None) -> str | None:
    if institution is None:
        return None
    return OWN if institution.own else OTHER


def _days(row: HistoryRow) -> tuple[date | None, date | None]:
    return row.on, row.prescribed_on if isinstance(row, Medicine) else None


def _month(row: HistoryRow) -> str:
    return row.month.replace("-", "")


def _times(times: int | None) -> str | None:
    return None if times is None else str(times)


def _claim_month(rows: Sequence[HistoryRow]) -> ClaimMonth:
    first, prescriber = rows[0], _prescriber(rows[0])
    return ClaimMonth(
        month=_month(first),
        institution_origin=_origin(first.institution),
        institution_code=first.institution.institution_code,
        institution_name=first.institution.institution_name,
        prescriber_origin=_origin(prescriber),
        prescriber_code=prescriber.institution_code if prescriber else None,
        prescriber_name=prescriber.institution_name if prescriber else None,
        in_or_out=SETTINGS[first.setting],
        days=tuple(_claim_day(group) for group in _groups(rows, _days)),
    )


def _claim_day(rows: Sequence[HistoryRow]) -> ClaimDay:
    dispensed_on, prescribed_on = _days(rows[0])
    return ClaimDay(
        dispensed_on=dispensed_on,
        prescribed_on=prescribed_on,
        medicines=tuple(_claim_medicine(row) for row in rows if isinstance(row, Medicine)),
        treatments=tuple(_claim_treatment(row) for row in rows if isinstance(row, Treatment)),
    )


def _claim_medicine(row: Medicine) -> ClaimMedicine:
    return ClaimMedicine(
        category=row.act,
        usage=row.usage,
        instruction=row.instruction,
        times=_times(row.times),
        code=row.drug_code,
        name=row.name,
        quantity=row.quantity,
        unit=row.unit,
    )


def _claim_treatment(row: Treatment) -> ClaimTreatment:
    """The fund has the code of an act and the name of its kind; of a day of visit (受診歴) the name alone."""
    return ClaimTreatment(
        name=TREATMENT_KINDS[row.kind].ja,
        code=row.code,
        category=row.act,
        quantity=row.quantity,
        times=_times(row.times),
    )


def _dispensing_month(rows: Sequence[Medicine]) -> DispensingMonth:
    first, prescriber = rows[0], rows[0].prescriber
    return DispensingMonth(
        month=_month(first),
        institution_origin=_origin(first.institution),
        institution_code=first.institution.institution_code,
        institution_name=first.institution.institution_name,
        prescriber_origin=_origin(prescriber),
        prescriber_code=prescriber.institution_code if prescriber else None,
        prescriber_name=prescriber.institution_name if prescriber else None,
        in_or_out=TO_PHARMACY,
        days=tuple(_dispensing_day(group) for group in _groups(rows, _days)),
    )


def _dispensing_day(rows: Sequence[Medicine]) -> DispensingDay:
    return DispensingDay(
        dispensed_on=rows[0].on,
        prescribed_on=rows[0].prescribed_on,
        medicines=tuple(DispensedMedicine(**_electronic(row)) for row in rows),
    )


def _prescription_month(rows: Sequence[Medicine]) -> PrescriptionMonth:
    first, prescriber = rows[0], rows[0].prescriber or rows[0].institution
    return PrescriptionMonth(
        month=_month(first),
        institution_origin=_origin(first.institution),
        institution_code=first.institution.institution_code,
        institution_name=first.institution.institution_name,
        prescriber_origin=_origin(prescriber),
        prescriber_code=prescriber.institution_code,
        prescriber_name=prescriber.institution_name,
        in_or_out=ON_SITE if first.origin is Origin.ON_SITE else TO_PHARMACY,
        days=tuple(
            _prescription_day(group) for group in _groups(rows, lambda row: row.prescribed_on or row.on)
        ),
    )


def _prescription_day(rows: Sequence[Medicine]) -> PrescriptionDay:
    return PrescriptionDay(
        prescribed_on=rows[0].prescribed_on or rows[0].on,
        medicines=tuple(PrescribedMedicine(**_electronic(row)) for row in rows),
    )


def _electronic(row: Medicine) -> dict[str, str | None]:
    """The items of a medicine in both trees of electronic prescriptions."""
    return {
        "category": FORMS.get(row.act or "", OTHER_FORM),
        "usage": row.usage,
        "instruction": row.instruction,
        "times": _times(row.times),
        "code": row.drug_code,
        "name": row.name,
        "quantity": row.quantity,
        "unit": row.unit,
    }
