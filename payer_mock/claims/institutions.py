"""The clinics, hospitals and pharmacies of a country, by number: codes with their check digits, names that say 架空."""

from __future__ import annotations

from functools import lru_cache

from eligibility_api.contract.numbers import check_digit
from payer_mock.claims.receipt import Institution

_PREFECTURE = "13"
_MEDICAL, _PHARMACY = "1", "4"
_DISTRICTS = 60
_FIRST_HOSPITAL = 9001
"""Numbers of hospitals within a district begin here, those of clinics at 1."""

_PEOPLE_OF_A_CLINIC, _PEOPLE_OF_A_HOSPITAL, _PEOPLE_OF_A_PHARMACY = 1_200, 15_000, 2_000
"""About as many as in Japan: 105,000 clinics, 8,000 hospitals and 62,000 pharmacies."""

_FEWEST = 12
"""So that there is a choice in a small country too."""

_KEPT = 1 << 16


class Institutions:
    """Those of a country of so many people. Any number names one: they are counted round and round."""

    def __init__(self, people: int) -> None:
        self._clinics = max(_FEWEST, people // _PEOPLE_OF_A_CLINIC)
        self._hospitals = max(_FEWEST // 4, people // _PEOPLE_OF_A_HOSPITAL)
        self._pharmacies = max(_FEWEST, people // _PEOPLE_OF_A_PHARMACY)

    def clinic(self, number: int) -> Institution:
        """A clinic (診療所)."""
        return _institution(_MEDICAL, number % self._clinics, 1, "診療所")

    def hospital(self, number: int) -> Institution:
        """A hospital (病院)."""
        return _institution(_MEDICAL, number % self._hospitals, _FIRST_HOSPITAL, "病院")

    def pharmacy(self, number: int) -> Institution:
        """A pharmacy (薬局); clinics have that of their number next door."""
        return _institution(_PHARMACY, number % self._pharmacies, 1, "薬局")


@lru_cache(_KEPT)
def _institution(table: str, place: int, first: int, kind: str) -> Institution:
    district, number = place % _DISTRICTS + 1, first + place // _DISTRICTS
    digits = f"{_PREFECTURE}{table}{district:02d}{number:04d}"
    return Institution(code=f"{digits}{check_digit(digits)}", name=f"架空第{place + 1}{kind}")
