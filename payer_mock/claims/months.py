"""A month of a patient: which institutions she sees, on which days, for what. Drawn anew for every month, always the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import NamedTuple

from payer_mock.claims.institutions import Institutions
from payer_mock.claims.patients import Patient, Prescribed, prescribe, some_clinic
from payer_mock.claims.receipt import Institution
from payer_mock.claims.remedies import (
    CHILD_INFECTION,
    HAY_FEVER,
    INFECTION,
    OTHER_ACUTE,
    WITHOUT_MEDICINE,
    Condition,
)
from payer_mock.country.people import age_on

MEDICAL_A_MONTH, PHARMACY_A_MONTH = 0.9, 0.5
"""Receipts for a person and month that the shares here and in `patients` come to. Japan's examining bodies see some two
thousand million receipts a year, 1.4 for each person and month; dental ones stand among the medical here.
"""

_INFECTION = {1: 0.22, 2: 0.20, 3: 0.14, 10: 0.10, 11: 0.14, 12: 0.22}
_INFECTION_ELSE = 0.07
_HAY_FEVER = {2: 0.05, 3: 0.10, 4: 0.07, 5: 0.02}
_OTHER_ACUTE, _WITHOUT_MEDICINE = 0.10, 0.24
"""The chance of each in a month, by season."""

_CHILD_BELOW = 15
_CHILDREN_MORE = 2.5
_INPATIENT = ((45, 0.005), (75, 0.012), (130, 0.035))
"""Up to an age: the chance of a stay in hospital in a month (about 1.3 million people are in hospital on a day)."""

_SURGERY = 0.4
"""Of the stays."""

LAST_DAY = 28
"""Nobody needs the calendar before the 29th."""


class Visits(NamedTuple):
    """What was done at one clinic for one reason: on these days of the month, `supply` days of medicine each time.

    Without a pharmacy the clinic gives the medicines itself.
    """

    clinic: Institution
    pharmacy: Institution | None
    illnesses: tuple[str, ...]
    began_on: date
    days: tuple[int, ...]
    prescribed: tuple[Prescribed, ...] = ()
    supply: int = 0
    lasting: bool = False


class Stay(NamedTuple):
    """Days in a hospital, all in one month."""

    hospital: Institution
    admitted_on: date
    days: range
    operated_on: int | None


class PatientMonth(NamedTuple):
    """All of a patient's visits and stays in a month on which her membership covers her."""

    visits: tuple[Visits, ...]
    stay: Stay | None


def patient_month(patient: Patient, month: date, institutions: Institutions, rng: Random) -> PatientMonth:
    """What happens to a patient in a month, as far as this membership covers it."""
    drawn = (*_lasting(patient, month, rng), *_acute(patient, month, institutions, rng))
    covered = (_covered(patient, month, visits) for visits in drawn)
    stay = _stay(patient, month, institutions, rng)
    return PatientMonth(tuple(visits for visits in covered if visits.days), stay)


def _lasting(patient: Patient, month: date, rng: Random) -> Iterator[Visits]:
    for care in patient.care:
        day = min(max(1, care.day + rng.randint(-1, 1)), 14)
        if care.supply > LAST_DAY and (month.month + patient.home) % 2:
            continue  # supplied in the month before
        days = (day, day + 14) if care.supply < LAST_DAY else (day + care.day % 14,)
        yield Visits(
            care.clinic,
            care.pharmacy,
            care.illnesses,
            care.began_on,
            days,
            care.prescribed,
            care.supply,
            lasting=True,
        )


def _acute(patient: Patient, month: date, institutions: Institutions, rng: Random) -> Iterator[Visits]:
    child = age_on(patient.member.birth_date, month) < _CHILD_BELOW
    infection = _INFECTION.get(month.month, _INFECTION_ELSE) * (_CHILDREN_MORE if child else 1)
    if rng.random() < infection:
        yield _ill(patient, month, institutions, CHILD_INFECTION if child else INFECTION, rng)
    if rng.random() < _HAY_FEVER.get(month.month, 0):
        yield _ill(patient, month, institutions, HAY_FEVER, rng)
    if rng.random() < _OTHER_ACUTE:
        yield _ill(patient, month, institutions, rng.choice(OTHER_ACUTE), rng)
    if rng.random() < _WITHOUT_MEDICINE:
        clinic, _ = some_clinic(institutions, rng, patient.home + 2)
        days = tuple(sorted(rng.sample(range(1, LAST_DAY + 1), rng.randint(1, 3))))
        illness = (rng.choice(WITHOUT_MEDICINE),)
        yield Visits(clinic, None, illness, month.replace(day=days[0]), days)


def _ill(
    patient: Patient, month: date, institutions: Institutions, condition: Condition, rng: Random
) -> Visits:
    clinic, pharmacy = some_clinic(institutions, rng, patient.home)
    day = rng.randint(1, LAST_DAY)
    prescribed = prescribe(rng.choice(condition.choices), rng)
    return Visits(clinic, pharmacy, (condition.name,), month.replace(day=day), (day,), prescribed)


def _covered(patient: Patient, month: date, visits: Visits) -> Visits:
    days = tuple(day for day in visits.days if patient.insured_on(month.replace(day=day)))
    return visits if len(days) == len(visits.days) else visits._replace(days=days)


def _stay(patient: Patient, month: date, institutions: Institutions, rng: Random) -> Stay | None:
    age = age_on(patient.member.birth_date, month)
    if rng.random() >= next(share for below, share in _INPATIENT if age < below):
        return None
    first = rng.randint(1, 20)
    days = range(first, min(LAST_DAY, first + rng.randint(2, 14)) + 1)
    operated_on = first + 1 if rng.random() < _SURGERY else None
    hospital = institutions.hospital(patient.home + rng.randrange(3))
    covered = all(patient.insured_on(month.replace(day=day)) for day in (days[0], days[-1]))
    return Stay(hospital, month.replace(day=first), days, operated_on) if covered else None
