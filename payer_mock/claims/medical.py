"""The records of a medical claim (医科, OQS 13.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from payer_mock.claims.claim import Disease, MedicalClaim, Unit
from payer_mock.claims.payers import claim_type, payer_records, payer_share
from payer_mock.claims.records import MAX_NAME_BYTES, MEDICAL_FIELDS, Values, compact, record, truncated

_DAYS = range(1, 32)
_NO_COMMENTS = "," * 5
_FREE_COMMENT = "810000001"
_MAIN = "01"
_MAX_COMMENT_BYTES = 76
_BEDS = 100


def medical_points(claim: MedicalClaim) -> int:
    """合計点数."""
    return sum(unit.points * sum(unit.days.values()) for unit in claim.units)


def medical_records(claim: MedicalClaim) -> Iterator[str]:
    """The records of a claim; RE without the claim's number within the institution's section."""
    member = claim.member
    yield _head(claim)
    visits = len({day for unit in claim.units for day in unit.days})
    yield from payer_records(member, visits, medical_points(claim), MEDICAL_FIELDS)
    yield from map(_disease, claim.diseases)
    payer = payer_share(member)
    for unit in claim.units:
        yield from _unit(unit, payer)


def _head(claim: MedicalClaim) -> str:
    member, month, admitted_on = claim.member, claim.treatment_month, claim.admitted_on
    inpatient = admitted_on is not None
    values: list[Values] = [None] * MEDICAL_FIELDS["RE"]
    values[1] = claim_type("1", member, month, inpatient=inpatient)
    values[2] = f"{month:%Y%m}"
    values[3] = truncated(member.name, MAX_NAME_BYTES)
    values[4] = member.sex
    values[5] = compact(member.birth_date)
    if admitted_on is not None:
        values[7], values[8], values[11] = compact(admitted_on), "01", _BEDS
    return record("RE", MEDICAL_FIELDS["RE"], *values)


def _disease(disease: Disease) -> str:
    return record(
        "SY",
        MEDICAL_FIELDS["SY"],
        disease.code,
        compact(disease.began_on),
        disease.outcome,
        "".join(disease.modifiers),
        disease.name and truncated(disease.name, MAX_NAME_BYTES),
        _MAIN if disease.main else None,
    )


def _unit(unit: Unit, payer: str) -> Iterator[str]:
    """The lines of a unit: 診療識別 on the first, points on the last, times and days on each."""
    times, days = sum(unit.days.values()), _days(unit.days)
    lines = [
        *(("SI", item) for item in unit.acts),
        *(("IY", item) for item in unit.drugs),
        *(("TO", item) for item in unit.materials),
    ]
    act = unit.act
    for place, (letters, item) in enumerate(lines, start=1):
        points = unit.points if place == len(lines) else ""
        yield f"{letters},{act},{payer},{item.code},{item.quantity or ''},{points},{times},{_empty_fields(letters)},{days}"
        act = ""
    if unit.comment is not None:
        text = truncated(unit.comment, _MAX_COMMENT_BYTES)
        yield record("CO", MEDICAL_FIELDS["CO"], act, payer, _FREE_COMMENT, text)


def _empty_fields(letters: str) -> str:
    """The empty fields before the days: the comments; for a material, unit, price and name before these."""
    return f",,,,{_NO_COMMENTS}" if letters == "TO" else _NO_COMMENTS


def _days(days: Mapping[int, int]) -> str:
    return ",".join(str(days[day]) if day in days else "" for day in _DAYS)
