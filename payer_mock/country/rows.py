"""Stays as rows of member files: numbers, branches, and each member's items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from eligibility_api.contract.codes import CertificateKind, Relationship
from eligibility_api.contract.numbers import check_digit
from payer_mock.country.insurers import Insurer, Scheme
from payer_mock.country.people import Person
from payer_mock.country.stays import Stay

Row = dict[str, str]
"""The filled cells of a row by column, as in `contract.member_file`."""


class Numbers:
    """The numbers (番号, 受給者番号) that insurers give out, each once at an insurer."""

    def __init__(self, prefix: str = "") -> None:
        """All begin with `prefix`, but for those of recipients, which have their form."""
        self._prefix = prefix
        self._last: defaultdict[str, int] = defaultdict(int)

    def draw(self, insurer: Insurer) -> str:
        """The next number of an insurer."""
        self._last[insurer.number] += 1
        place = self._last[insurer.number]
        if insurer.scheme is Scheme.WELFARE_OFFICE:
            return f"{place:06d}{check_digit(f'{place:06d}')}"
        return f"{self._prefix}{place:07d}"


def rows_of(stay: Stay, number: str) -> Iterator[tuple[Person, Row]]:
    """The rows of a stay, of those who were born before its end, each with its person."""
    for place, person in enumerate(stay.family.members):
        acquired_on = max(stay.since, person.birth_date)
        if stay.until is None or acquired_on < stay.until:
            row = _membership(stay, number, place) | _person(person)
            row["acquired_on"] = acquired_on.isoformat()
            if stay.until is not None and stay.reason is not None:
                row |= {"lost_on": stay.until.isoformat(), "reason_of_loss": stay.reason}
            yield person, row


def _membership(stay: Stay, number: str, place: int) -> Row:
    """Whose membership it is. Late-elderly members and recipients have neither symbol nor branch; elsewhere than by employment, a
    member's cover does not hang on the head of the household, so that her birth date is not told.
    """
    family = stay.family
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
