"""The records of a pharmacy's claim (調剤, OQS 13.3)."""

from __future__ import annotations

from collections.abc import Iterator

from payer_mock.claims.claim import PharmacyClaim, Prescription, Supply
from payer_mock.claims.payers import claim_type, payer_records, payer_share
from payer_mock.claims.records import MAX_NAME_BYTES, PHARMACY_FIELDS, Values, compact, record, truncated

_DOCTOR = "1"
_COUNTED = "1"
_CALCULATED = "1"
_PREPARATION, _NO_POINTS = "499000110", "0"
"""算定区分, and the fee of preparing (調製料): invented, and of no points."""

_NOTHING_IN_KIND = "00"
_MAX_INSTRUCTION_BYTES = 80


def pharmacy_points(claim: PharmacyClaim) -> int:
    """合計点数."""
    return sum(
        prescription.points * supply.times
        for prescription in claim.prescriptions
        for supply in prescription.supplies
    )


def pharmacy_records(claim: PharmacyClaim) -> Iterator[str]:
    """The records of a claim; RE without the claim's number within the pharmacy's section."""
    member = claim.member
    days = sorted({supply.dispensed_on for each in claim.prescriptions for supply in each.supplies})
    yield _head(claim)
    yield from payer_records(member, len(days), pharmacy_points(claim), PHARMACY_FIELDS)
    counted = {day.day for day in days}
    payer_kind = "2" if member.on_medical_aid_only else "1"
    receptions = (_COUNTED if day in counted else None for day in range(1, 32))
    yield record("JD", PHARMACY_FIELDS["JD"], payer_kind, *receptions)
    yield record("MF", PHARMACY_FIELDS["MF"], _NOTHING_IN_KIND)
    payer, receptions_of = payer_share(member), {day: place for place, day in enumerate(days, start=1)}
    for place, prescription in enumerate(claim.prescriptions, start=1):
        yield _prescription(prescription, place)
        for supply in prescription.supplies:
            yield _supply(supply, prescription, receptions_of[supply.dispensed_on], payer)
        for drug in prescription.drugs:
            yield record("IY", PHARMACY_FIELDS["IY"], payer, drug.code, drug.quantity)
    for day, reception in receptions_of.items():
        yield record("KI", PHARMACY_FIELDS["KI"], compact(day), reception)


def _head(claim: PharmacyClaim) -> str:
    member, month, prescriber = claim.member, claim.treatment_month, claim.prescriber
    values: list[Values] = [None] * PHARMACY_FIELDS["RE"]
    values[1] = claim_type("4", member, month, inpatient=False)
    values[2] = f"{month:%Y%m}"
    values[3] = truncated(member.name, MAX_NAME_BYTES)
    values[4] = member.sex
    values[5] = compact(member.birth_date)
    values[8], values[9], values[10] = prescriber.code[:2], prescriber.code[2], prescriber.code[3:]
    values[11] = truncated(prescriber.name, MAX_NAME_BYTES)
    values[13] = "架空　医師"
    return record("RE", PHARMACY_FIELDS["RE"], *values)


def _prescription(prescription: Prescription, place: int) -> str:
    instruction = prescription.instruction and truncated(prescription.instruction, _MAX_INSTRUCTION_BYTES)
    values = prescription.form, prescription.usage, instruction, prescription.points
    return record("SH", PHARMACY_FIELDS["SH"], f"{place:02d}", *values)


def _supply(supply: Supply, prescription: Prescription, reception: int, payer: str) -> str:
    values: list[Values] = [_DOCTOR, compact(supply.prescribed_on), compact(supply.dispensed_on), reception]
    values += [supply.times, payer, _CALCULATED, None, _PREPARATION, _NO_POINTS, None, None]
    values.append(prescription.points * supply.times)
    return record("CZ", PHARMACY_FIELDS["CZ"], *values)
