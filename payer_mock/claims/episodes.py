"""Draws a patient's month: which institutions she visits, on which days, for what.

Reproducible for each month.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import NamedTuple

from payer_mock.claims.claim import Institution
from payer_mock.claims.conditions import (
    CHILD_INFECTION,
    HAY_FEVER,
    INFECTION,
    OTHER_ACUTE,
    WITHOUT_MEDICINE,
    Condition,
)
from payer_mock.claims.institutions import Institutions
from payer_mock.claims.patients import Patient, PrescribedDrug, draw_clinic, prescribe
from payer_mock.population.residents import age_on

MEDICAL_A_MONTH, PHARMACY_A_MONTH = 0.9, 0.5
"""Claims per person and month that result from the shares here and in `patients`. Japan's examining bodies
receive some two thousand million claims a year, 1.4 per person and month; dental ones are counted as medical
here.
"""

_INFECTION = {1: 0.22, 2: 0.20, 3: 0.14, 10: 0.10, 11: 0.14, 12: 0.22}
_INFECTION_OTHER_MONTHS = 0.07
_HAY_FEVER = {2: 0.05, 3: 0.10, 4: 0.07, 5: 0.02}
_OTHER_ACUTE, _WITHOUT_MEDICINE = 0.10, 0.24
"""The chance of each per month, by season."""

_CHILD_BELOW = 15
_CHILD_INFECTION_FACTOR = 2.5
_INPATIENT = ((45, 0.005), (75, 0.012), (130, 0.035))
"""Chance of a hospital stay per month, by upper age bound (about 1.3 million people are in hospital on a
day).
"""

_SURGERY = 0.4
"""Share of hospital stays with an operation."""

LAST_DAY = 28
"""Last day of the month that is used, so that every month has it."""


class Episode(NamedTuple):
    """Visits to one clinic for one reason on some days of a month, each with medicine for `supply` days.

    Without a pharmacy the clinic dispenses the medicines itself.
    """

    clinic: Institution
    pharmacy: Institution | None
    illnesses: tuple[str, ...]
    began_on: date
    days: tuple[int, ...]
    prescribed: tuple[PrescribedDrug, ...] = ()
    supply: int = 0
    chronic: bool = False


class HospitalStay(NamedTuple):
    """Days in a hospital, all in one month."""

    hospital: Institution
    admitted_on: date
    days: range
    operated_on: int | None


class PatientMonth(NamedTuple):
    """A patient's episodes and hospital stay in a month, as far as her membership covers them."""

    episodes: tuple[Episode, ...]
    stay: HospitalStay | None


def patient_month(patient: Patient, month: date, institutions: Institutions, rng: Random) -> PatientMonth:
    """Draw a patient's month, as far as this membership covers it."""
    drawn = (*_chronic_episodes(patient, month, rng), *_acute_episodes(patient, month, institutions, rng))
    covered = (_restrict_to_cover(patient, month, episode) for episode in drawn)
    stay = _stay(patient, month, institutions, rng)
    return PatientMonth(tuple(episode for episode in covered if episode.days), stay)


def _chronic_episodes(patient: Patient, month: date, rng: Random) -> Iterator[Episode]:
    for care in patient.care:
        day = min(max(1, care.day + rng.randint(-1, 1)), 14)
        if care.supply > LAST_DAY and (month.month + patient.home) % 2:
            continue  # supplied in the month before
        days = (day, day + 14) if care.supply < LAST_DAY else (day + care.day % 14,)
        yield Episode(
            care.clinic,
            care.pharmacy,
            care.illnesses,
            care.began_on,
            days,
            care.prescribed,
            care.supply,
            chronic=True,
        )


def _acute_episodes(
    patient: Patient, month: date, institutions: Institutions, rng: Random
) -> Iterator[Episode]:
    child = age_on(patient.member.birth_date, month) < _CHILD_BELOW
    infection = _INFECTION.get(month.month, _INFECTION_OTHER_MONTHS) * (
        _CHILD_INFECTION_FACTOR if child else 1
    )
    if rng.random() < infection:
        yield _acute_episode(patient, month, institutions, CHILD_INFECTION if child else INFECTION, rng)
    if rng.random() < _HAY_FEVER.get(month.month, 0):
        yield _acute_episode(patient, month, institutions, HAY_FEVER, rng)
    if rng.random() < _OTHER_ACUTE:
        yield _acute_episode(patient, month, institutions, rng.choice(OTHER_ACUTE), rng)
    if rng.random() < _WITHOUT_MEDICINE:
        clinic, _ = draw_clinic(institutions, rng, patient.home + 2)
        days = tuple(sorted(rng.sample(range(1, LAST_DAY + 1), rng.randint(1, 3))))
        illness = (rng.choice(WITHOUT_MEDICINE),)
        yield Episode(clinic, None, illness, month.replace(day=days[0]), days)


def _acute_episode(
    patient: Patient, month: date, institutions: Institutions, condition: Condition, rng: Random
) -> Episode:
    clinic, pharmacy = draw_clinic(institutions, rng, patient.home)
    day = rng.randint(1, LAST_DAY)
    prescribed = prescribe(rng.choice(condition.choices), rng)
    return Episode(clinic, pharmacy, (condition.name,), month.replace(day=day), (day,), prescribed)


def _restrict_to_cover(patient: Patient, month: date, episode: Episode) -> Episode:
    days = tuple(day for day in episode.days if patient.insured_on(month.replace(day=day)))
    return episode if len(days) == len(episode.days) else episode._replace(days=days)


def _stay(patient: Patient, month: date, institutions: Institutions, rng: Random) -> HospitalStay | None:
    age = age_on(patient.member.birth_date, month)
    if rng.random() >= next(chance for below, chance in _INPATIENT if age < below):
        return None
    first = rng.randint(1, 20)
    days = range(first, min(LAST_DAY, first + rng.randint(2, 14)) + 1)
    operated_on = first + 1 if rng.random() < _SURGERY else None
    hospital = institutions.hospital(patient.home + rng.randrange(3))
    covered = all(patient.insured_on(month.replace(day=day)) for day in (days[0], days[-1]))
    return HospitalStay(hospital, month.replace(day=first), days, operated_on) if covered else None
