"""Turns a patient's month into claims.

One per institution, and one per pharmacy and prescribing institution.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from payer_mock.claims.claim import (
    Claim,
    Disease,
    Institution,
    Item,
    MedicalClaim,
    Member,
    PharmacyClaim,
    Prescription,
    Supply,
    Unit,
)
from payer_mock.claims.conditions import AT_HOME, EXTERNAL, INTRAVENOUS, ORAL, WHEN_NEEDED, DrugOrder
from payer_mock.claims.episodes import LAST_DAY, Episode, HospitalStay, PatientMonth
from payer_mock.claims.medicines import products
from payer_mock.claims.patients import PrescribedDrug

_FORMS = {ORAL: "1", WHEN_NEEDED: "3", EXTERNAL: "5", AT_HOME: "4"}
"""剤形 of a pharmacy's claim, by 診療識別."""

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
"""Months between the blood tests of a chronic illness."""

_NEXT_DAY_ONE_IN = 10
"""One prescription in ten is dispensed on the next day."""

_YEN_PER_POINT = 10


def claims_of_month(member: Member, month: date, patient_month: PatientMonth) -> Iterator[Claim]:
    """The claims of a patient's month."""
    at_clinics: defaultdict[Institution, list[Episode]] = defaultdict(list)
    at_pharmacies: defaultdict[tuple[Institution, Institution], list[Episode]] = defaultdict(list)
    for episode in patient_month.episodes:
        at_clinics[episode.clinic].append(episode)
        if episode.pharmacy is not None and any(_is_taken_home(each.order) for each in episode.prescribed):
            at_pharmacies[episode.pharmacy, episode.clinic].append(episode)
    for clinic, episodes in at_clinics.items():
        yield _medical(clinic, member, month, episodes)
    for (pharmacy, clinic), episodes in at_pharmacies.items():
        yield _pharmacy(pharmacy, clinic, member, month, episodes)
    if patient_month.stay is not None:
        yield _inpatient(member, month, patient_month.stay)


def resubmitted(claim: Claim) -> Claim:
    """A claim as resubmitted after its return (返戻再請求).

    It lacks its last unit, or has one point more where it has only one unit.
    """
    if isinstance(claim, MedicalClaim):
        *units, unit = claim.units
        return replace(claim, units=tuple(units) or (replace(unit, points=unit.points + 1),))
    *prescriptions, last = claim.prescriptions
    return replace(claim, prescriptions=tuple(prescriptions) or (replace(last, points=last.points + 1),))


def _medical(clinic: Institution, member: Member, month: date, episodes: list[Episode]) -> MedicalClaim:
    diseases = tuple(
        Disease(name=name, began_on=episode.began_on, main=place == 0)
        for place, (name, episode) in enumerate(
            (name, episode) for episode in episodes for name in episode.illnesses
        )
    )
    units = (
        *_visit_units(month, episodes),
        *(unit for episode in episodes for unit in _dispensed_by_clinic(episode)),
    )
    return MedicalClaim(
        institution=clinic, member=member, treatment_month=month, diseases=diseases, units=units
    )


def _visit_units(month: date, episodes: list[Episode]) -> Iterator[Unit]:
    days = sorted({day for episode in episodes for day in episode.days})
    known = any(episode.chronic for episode in episodes)
    if not known:
        yield _act(_FIRST_VISIT, days[:1])
    if later := days if known else days[1:]:
        yield _act(_NEXT_VISIT, later)
    if known:
        yield _act(_MANAGEMENT, days[:1])
        if month.month % _TESTED_EVERY == 0:
            yield _act(_TEST, days[:1])
    outside = sorted(
        {day for episode in episodes if episode.pharmacy and episode.prescribed for day in episode.days}
    )
    if outside:
        yield _act(_PRESCRIPTION, outside)


def _dispensed_by_clinic(episode: Episode) -> Iterator[Unit]:
    """The medicines that the clinic dispenses or injects itself."""
    given = (
        each for each in episode.prescribed if episode.pharmacy is None or not _is_taken_home(each.order)
    )
    for order, group in _group_by_usage(given):
        injected = order.act == INTRAVENOUS
        yield Unit(
            act=order.act,
            acts=(_INJECTING,) if injected else (),
            drugs=_items(group),
            days=dict.fromkeys(episode.days, order.times or episode.supply),
            points=_points(group),
            comment=order.instruction,
        )


def _pharmacy(
    pharmacy: Institution, clinic: Institution, member: Member, month: date, episodes: list[Episode]
) -> PharmacyClaim:
    prescriptions = tuple(
        Prescription(
            form=_FORMS[order.act],
            usage=order.usage,
            instruction=order.instruction,
            drugs=_items(group),
            supplies=_supplies(month, episode, order),
            points=_points(group),
        )
        for episode in episodes
        for order, group in _group_by_usage(each for each in episode.prescribed if _is_taken_home(each.order))
    )
    return PharmacyClaim(
        institution=pharmacy,
        member=member,
        treatment_month=month,
        prescriber=clinic,
        prescriptions=prescriptions,
    )


def _supplies(month: date, episode: Episode, order: DrugOrder) -> tuple[Supply, ...]:
    late = (episode.days[0] + month.month) % _NEXT_DAY_ONE_IN == 0
    return tuple(
        Supply(
            prescribed_on=month.replace(day=day),
            dispensed_on=month.replace(day=day + (late and day < LAST_DAY)),
            times=order.times or episode.supply,
        )
        for day in episode.days
    )


def _inpatient(member: Member, month: date, stay: HospitalStay) -> MedicalClaim:
    every_day = list(stay.days)
    [drug, *_] = products()[_HOSPITAL_DRUG]
    infusions = Unit(
        act="33",
        acts=(_INJECTING,),
        drugs=(Item(code=drug.code, quantity="2"),),
        days=dict.fromkeys(every_day[:3], 2),
        points=round(2 * drug.price / _YEN_PER_POINT),
    )
    units = [_act(_BED, every_day), _act(_MEALS, every_day), infusions]
    if stay.operated_on is not None:
        operated = {stay.operated_on: 1}
        act, code, points = _OPERATION
        units.append(
            Unit(act=act, acts=(Item(code=code),), materials=(_SUTURE,), days=operated, points=points)
        )
        units.append(_act(_ANAESTHESIA, list(operated)))
    return MedicalClaim(
        institution=stay.hospital,
        member=member,
        treatment_month=month,
        admitted_on=stay.admitted_on,
        diseases=(Disease(name="架空胆石症", began_on=stay.admitted_on, main=True),),
        units=tuple(units),
    )


def _group_by_usage(prescribed: Iterable[PrescribedDrug]) -> Iterator[tuple[DrugOrder, list[PrescribedDrug]]]:
    """Groups of medicines that are taken in the same way (剤), with one of their orders."""
    groups: defaultdict[tuple[str, str, int, str | None], list[PrescribedDrug]] = defaultdict(list)
    for each in prescribed:
        order = each.order
        groups[order.act, order.usage, order.times, order.instruction].append(each)
    return ((group[0].order, group) for group in groups.values())


def _is_taken_home(order: DrugOrder) -> bool:
    """Whether the patient takes the medicine home.

    From the clinic or a pharmacy, instead of being injected there.
    """
    return order.act != INTRAVENOUS


def _act(kind: tuple[str, str, int], days: list[int]) -> Unit:
    act, code, points = kind
    return Unit(act=act, acts=(Item(code=code),), days=dict.fromkeys(days, 1), points=points)


def _items(prescribed: list[PrescribedDrug]) -> tuple[Item, ...]:
    return tuple(Item(code=each.medicine.code, quantity=each.order.quantity) for each in prescribed)


def _points(prescribed: list[PrescribedDrug]) -> int:
    yen = sum(each.medicine.price * float(each.order.quantity) for each in prescribed)
    return max(1, round(yen / _YEN_PER_POINT))
