"""What was done in a month as receipts: one an institution and patient, one a pharmacy and prescribing institution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from payer_mock.claims.medicines import products
from payer_mock.claims.months import LAST_DAY, PatientMonth, Stay, Visits
from payer_mock.claims.patients import Prescribed
from payer_mock.claims.receipt import (
    Disease,
    Institution,
    Item,
    MedicalReceipt,
    Member,
    PharmacyReceipt,
    Prescription,
    Receipt,
    Supply,
    Unit,
)
from payer_mock.claims.remedies import AT_HOME, EXTERNAL, INTRAVENOUS, ORAL, WHEN_NEEDED, Remedy

_FORMS = {ORAL: "1", WHEN_NEEDED: "3", EXTERNAL: "5", AT_HOME: "4"}
"""剤形 of a pharmacy's receipt."""

_FIRST_VISIT = ("11", "199000111", 291)
_NEXT_VISIT = ("12", "199000112", 75)
_MANAGEMENT = ("13", "199000113", 225)
_PRESCRIPTION = ("80", "199000180", 60)
_TEST = ("60", "199000160", 144)
_INJECTING = Item(code="199000132")
_BED, _MEALS = ("90", "199000190", 1688), ("97", "199000197", 0)
_OPERATION, _ANAESTHESIA = ("50", "199000150", 12_340), ("54", "199000154", 6_100)
"""診療識別, code and points of acts. No real code begins with 1990."""

_SUTURE = Item(code="799000101", quantity="2")
_HOSPITAL_DRUG = "9906002"
_TESTED_EVERY = 3
"""Months between the blood tests of a lasting illness."""

_NEXT_DAY_OF = 10
"""One prescription in so many is dispensed on the next day."""

_YEN_A_POINT = 10


def receipts_of(member: Member, month: date, done: PatientMonth) -> Iterator[Receipt]:
    """The receipts of a patient's month."""
    at_clinics: defaultdict[Institution, list[Visits]] = defaultdict(list)
    at_pharmacies: defaultdict[tuple[Institution, Institution], list[Visits]] = defaultdict(list)
    for visits in done.visits:
        at_clinics[visits.clinic].append(visits)
        if visits.pharmacy is not None and any(_leaves(each.remedy) for each in visits.prescribed):
            at_pharmacies[visits.pharmacy, visits.clinic].append(visits)
    for clinic, visited in at_clinics.items():
        yield _medical(clinic, member, month, visited)
    for (pharmacy, clinic), visited in at_pharmacies.items():
        yield _pharmacy(pharmacy, clinic, member, month, visited)
    if done.stay is not None:
        yield _inpatient(member, month, done.stay)


def corrected(receipt: Receipt) -> Receipt:
    """A receipt as it comes again after it was sent back: the last thing claimed is not there any more, or costs a point
    more where it is the only one.
    """
    if isinstance(receipt, MedicalReceipt):
        *units, unit = receipt.units
        return replace(receipt, units=tuple(units) or (replace(unit, points=unit.points + 1),))
    *prescriptions, last = receipt.prescriptions
    return replace(receipt, prescriptions=tuple(prescriptions) or (replace(last, points=last.points + 1),))


def _medical(clinic: Institution, member: Member, month: date, visited: list[Visits]) -> MedicalReceipt:
    diseases = tuple(
        Disease(name=name, began_on=visits.began_on, main=place == 0)
        for place, (name, visits) in enumerate(
            (name, visits) for visits in visited for name in visits.illnesses
        )
    )
    units = (*_visit_units(month, visited), *(unit for visits in visited for unit in _given(visits)))
    return MedicalReceipt(
        institution=clinic, member=member, treatment_month=month, diseases=diseases, units=units
    )


def _visit_units(month: date, visited: list[Visits]) -> Iterator[Unit]:
    days = sorted({day for visits in visited for day in visits.days})
    known = any(visits.lasting for visits in visited)
    if not known:
        yield _act(_FIRST_VISIT, days[:1])
    if later := days if known else days[1:]:
        yield _act(_NEXT_VISIT, later)
    if known:
        yield _act(_MANAGEMENT, days[:1])
        if month.month % _TESTED_EVERY == 0:
            yield _act(_TEST, days[:1])
    outside = sorted(
        {day for visits in visited if visits.pharmacy and visits.prescribed for day in visits.days}
    )
    if outside:
        yield _act(_PRESCRIPTION, outside)


def _given(visits: Visits) -> Iterator[Unit]:
    """The medicines that the clinic itself gives."""
    given = (each for each in visits.prescribed if visits.pharmacy is None or not _leaves(each.remedy))
    for remedy, together in _taken_together(given):
        injected = remedy.act == INTRAVENOUS
        yield Unit(
            act=remedy.act,
            acts=(_INJECTING,) if injected else (),
            drugs=_items(together),
            days=dict.fromkeys(visits.days, remedy.times or visits.supply),
            points=_points(together),
            comment=remedy.instruction,
        )


def _pharmacy(
    pharmacy: Institution, clinic: Institution, member: Member, month: date, visited: list[Visits]
) -> PharmacyReceipt:
    prescriptions = tuple(
        Prescription(
            form=_FORMS[remedy.act],
            usage=remedy.usage,
            instruction=remedy.instruction,
            drugs=_items(together),
            supplies=_supplies(month, visits, remedy),
            points=_points(together),
        )
        for visits in visited
        for remedy, together in _taken_together(each for each in visits.prescribed if _leaves(each.remedy))
    )
    return PharmacyReceipt(
        institution=pharmacy,
        member=member,
        treatment_month=month,
        prescriber=clinic,
        prescriptions=prescriptions,
    )


def _supplies(month: date, visits: Visits, remedy: Remedy) -> tuple[Supply, ...]:
    late = (visits.days[0] + month.month) % _NEXT_DAY_OF == 0
    return tuple(
        Supply(
            prescribed_on=month.replace(day=day),
            dispensed_on=month.replace(day=day + (late and day < LAST_DAY)),
            times=remedy.times or visits.supply,
        )
        for day in visits.days
    )


def _inpatient(member: Member, month: date, stay: Stay) -> MedicalReceipt:
    every_day = list(stay.days)
    [drug, *_] = products()[_HOSPITAL_DRUG]
    infusions = Unit(
        act="33",
        acts=(_INJECTING,),
        drugs=(Item(code=drug.code, quantity="2"),),
        days=dict.fromkeys(every_day[:3], 2),
        points=round(2 * drug.price / _YEN_A_POINT),
    )
    units = [_act(_BED, every_day), _act(_MEALS, every_day), infusions]
    if stay.operated_on is not None:
        operated = {stay.operated_on: 1}
        act, code, points = _OPERATION
        units.append(
            Unit(act=act, acts=(Item(code=code),), materials=(_SUTURE,), days=operated, points=points)
        )
        units.append(_act(_ANAESTHESIA, list(operated)))
    return MedicalReceipt(
        institution=stay.hospital,
        member=member,
        treatment_month=month,
        admitted_on=stay.admitted_on,
        diseases=(Disease(name="架空胆石症", began_on=stay.admitted_on, main=True),),
        units=tuple(units),
    )


def _taken_together(prescribed: Iterable[Prescribed]) -> Iterator[tuple[Remedy, list[Prescribed]]]:
    """Medicines that are taken in one way (剤), with one of their remedies."""
    together: defaultdict[tuple[str, str, int, str | None], list[Prescribed]] = defaultdict(list)
    for each in prescribed:
        remedy = each.remedy
        together[remedy.act, remedy.usage, remedy.times, remedy.instruction].append(each)
    return ((group[0].remedy, group) for group in together.values())


def _leaves(remedy: Remedy) -> bool:
    """Whether it is taken home, from the clinic or a pharmacy: it is not injected there."""
    return remedy.act != INTRAVENOUS


def _act(kind: tuple[str, str, int], days: list[int]) -> Unit:
    act, code, points = kind
    return Unit(act=act, acts=(Item(code=code),), days=dict.fromkeys(days, 1), points=points)


def _items(prescribed: list[Prescribed]) -> tuple[Item, ...]:
    return tuple(Item(code=each.medicine.code, quantity=each.remedy.quantity) for each in prescribed)


def _points(prescribed: list[Prescribed]) -> int:
    yen = sum(each.medicine.price * float(each.remedy.quantity) for each in prescribed)
    return max(1, round(yen / _YEN_A_POINT))
