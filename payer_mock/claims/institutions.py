"""The clinics, hospitals and pharmacies of a population.

Codes have a check digit; names contain 架空 (fictitious).
"""

from __future__ import annotations

from functools import lru_cache

from eligibility_api.contract.numbers import check_digit
from payer_mock.claims.claim import Institution

_PREFECTURE = "13"
_MEDICAL, _PHARMACY = "1", "4"
_DISTRICTS = 60
_FIRST_HOSPITAL = 9001
"""Hospitals are numbered from here within a district, clinics from 1."""

_PEOPLE_PER_CLINIC, _PEOPLE_PER_HOSPITAL, _PEOPLE_PER_PHARMACY = 1_200, 15_000, 2_000
"""About as many as in Japan: 105,000 clinics, 8,000 hospitals and 62,000 pharmacies."""

_MIN_INSTITUTIONS = 12
"""Minimum, so that patients have a choice in a small population too."""

_CACHE_SIZE = 1 << 16


class Institutions:
    """The institutions of a population of `people`.

    Any number is valid: it is taken modulo the number of institutions.
    """

    def __init__(self, people: int) -> None:
        self._clinics = max(_MIN_INSTITUTIONS, people // _PEOPLE_PER_CLINIC)
        self._hospitals = max(_MIN_INSTITUTIONS // 4, people // _PEOPLE_PER_HOSPITAL)
        self._pharmacies = max(_MIN_INSTITUTIONS, people // _PEOPLE_PER_PHARMACY)

    def clinic(self, number: int) -> Institution:
        """A clinic (診療所)."""
        return _institution(_MEDICAL, number % self._clinics, 1, "診療所")

    def hospital(self, number: int) -> Institution:
        """A hospital (病院)."""
        return _institution(_MEDICAL, number % self._hospitals, _FIRST_HOSPITAL, "病院")

    def pharmacy(self, number: int) -> Institution:
        """A pharmacy (薬局); the one with a clinic's number is next to it."""
        return _institution(_PHARMACY, number % self._pharmacies, 1, "薬局")


@lru_cache(_CACHE_SIZE)
def _institution(table: str, place: int, first: int, kind: str) -> Institution:
    district, number = place % _DISTRICTS + 1, first + place // _DISTRICTS
    digits = f"{_PREFECTURE}{table}{district:02d}{number:04d}"
    return Institution(code=f"{digits}{check_digit(digits)}", name=f"架空第{place + 1}{kind}")
