"""Turns coverage periods into rows of member files: numbers, branches, and each member's items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from eligibility_api.contract.codes import CertificateKind, Relationship
from eligibility_api.contract.numbers import check_digit
from payer_mock.population.coverage import CoveragePeriod
from payer_mock.population.insurers import Insurer, Scheme
from payer_mock.population.residents import Person

Row = dict[str, str]
"""The filled cells of a row by column of `contract.member_file`."""


class NumberAllocator:
    """Allocates the numbers (番号, 受給者番号) of members, unique per insurer."""

    def __init__(self, prefix: str = "") -> None:
        """All numbers begin with `prefix`, except those of recipients, whose form is fixed."""
        self._prefix = prefix
        self._last: defaultdict[str, int] = defaultdict(int)

    def next(self, insurer: Insurer) -> str:
        """The next number of an insurer."""
        self._last[insurer.number] += 1
        place = self._last[insurer.number]
        if insurer.scheme is Scheme.WELFARE_OFFICE:
            return f"{place:06d}{check_digit(f'{place:06d}')}"
        return f"{self._prefix}{place:07d}"


def member_rows(period: CoveragePeriod, number: str) -> Iterator[tuple[Person, Row]]:
    """The rows of a period for each member who was born before its end, each with its person."""
    for place, person in enumerate(period.family.members):
        acquired_on = max(period.since, person.birth_date)
        if period.until is None or acquired_on < period.until:
            row = _membership(period, number, place) | _person(person)
            row["acquired_on"] = acquired_on.isoformat()
            if period.until is not None and period.reason is not None:
                row |= {"lost_on": period.until.isoformat(), "reason_of_loss": period.reason}
            yield person, row


def _membership(period: CoveragePeriod, number: str, place: int) -> Row:
    """The items that identify the membership.

    Late-elderly members and recipients have neither symbol nor branch. Outside employees' insurance a
    member's cover does not depend on the head of the household, whose birth date is left out.
    """
    family = period.family
    row = {"insurer_number": family.insurer.number, "number": number}
    if family.insurer.scheme is Scheme.WELFARE_OFFICE:
        row["certificate_kind"] = CertificateKind.MEDICAL_AID
    elif family.insurer.scheme is not Scheme.LATE_ELDERLY:
        row |= {"symbol": family.symbol, "branch": f"{place:02d}"}
    if family.members[place] is family.insured:
        return row | {"relationship": Relationship.INSURED}
    row |= {"relationship": Relationship.DEPENDANT, "insured_name": family.insured.name}
    if family.insurer.scheme.by_employment:
        row["insured_birth_date"] = family.insured.birth_date.isoformat()
    return row


def _person(person: Person) -> Row:
    return {
        "name": person.name,
        "name_kana": person.name_kana,
        "sex": person.sex,
        "birth_date": person.birth_date.isoformat(),
        "postal_code": person.postal_code,
        "address": person.address,
    }
