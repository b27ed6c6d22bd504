"""The bulk population: many people with few attributes, so that a database reaches nationwide size.

Every attribute of a person is computed from her number alone, here and in the SQL that loads her
(`bulk_statements.py`): none of ten million people is held in memory, and the reference model can still answer
about each of them.

Persons aged 75 or older belong to the late-elderly scheme; some of the others, who are insured by an
employer's insurer, had an earlier membership, so that there are 1.2 enrolments a person, as nationwide (160 M
of 124 M people).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import Any

from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex
from eligibility_api.contract.numbers import check_digit
from jpki_mock.register.resident import Resident
from loadtest.model.answer import Answer, Question, answer
from loadtest.model.events import FilePublished, Membership, Row
from loadtest.model.replay import replay

MAX_REGISTERED = 20_000
"""The maximum of people that the resident register knows too, evenly spaced by number: these may have a card.
"""

_MEMBERS_OF_AN_INSURER = 36_000
_PREFECTURES = 47
_SOCIETIES, _FIRST_SOCIETY = "06{p:02d}{n:03d}", 501
_LATE_ELDERLY, _FIRST_LATE_ELDERLY = "39{p:02d}{n:03d}", 501
"""Formats of the insurers' numbers; all are higher than those of `payer-mock population`."""

SYMBOL, BRANCH = "見本", "00"
"""The late-elderly scheme has no branches."""
CHANGED_ON, BEFORE_FROM = date(2024, 4, 1), date(2015, 4, 1)
"""The first day of a present membership, unless the person was born later; and that of an earlier membership.
"""

STRIDE = 7919
"""A prime, so that people with adjacent numbers have distant birth dates."""

ELDERLY_EVERY, ELDERLY_BORN, ELDERLY_DAYS = 6, date(1932, 1, 1), 6_900
YOUNGER_BORN, YOUNGER_DAYS = date(1955, 1, 1), 25_500
CHANGED_OF, CHANGED = 7, 2
"""Of every seven people who are not elderly, two had an earlier membership."""

RARE_EVERY = 23
"""Of every 23 names in the register one holds a character that Shift_JIS lacks (4.3 %)."""

WRITTEN_EVERY = 115
"""Of those every fifth is written otherwise by the insurer: in turn with ● and with the ordinary character (0.9 %)."""

SHORT_EVERY = 331
"""Of every 331 addresses one is written as 1-2 (0.3 %)."""

RARE, ORDINARY, MISSING = "𠮷", "吉", "●"

_FIRST_FILE = datetime(2024, 4, 2, tzinfo=UTC)
_ID = "C"


def insurer_name(number: str) -> str:
    """The name of an insurer of the bulk population."""
    return f"架空保険者{number}"


def _numbers(form: str, first: int, count: int) -> list[str]:
    digits = (
        form.format(p=index % _PREFECTURES + 1, n=first + index // _PREFECTURES) for index in range(count)
    )
    return [f"{number}{check_digit(number)}" for number in digits]


@dataclass(frozen=True, slots=True)
class BulkPopulation:
    """People numbered from 1.

    `societies` and `late_elderly`: insurers' numbers; a person's insurer follows from her number.
    """

    people: int
    societies: tuple[str, ...]
    late_elderly: tuple[str, ...]

    @classmethod
    def of(cls, people: int) -> BulkPopulation:
        """A population of a size, with one insurer for every 36,000 members, as nationwide."""
        societies = _numbers(_SOCIETIES, _FIRST_SOCIETY, max(2, ceil(people / _MEMBERS_OF_AN_INSURER)))
        late_elderly = _numbers(
            _LATE_ELDERLY, _FIRST_LATE_ELDERLY, min(_PREFECTURES, max(1, len(societies) // 6))
        )
        return cls(people, tuple(societies), tuple(late_elderly))

    @property
    def insurers(self) -> tuple[str, ...]:
        """The numbers of all insurers."""
        return self.societies + self.late_elderly

    def cardholders(self, maximum: int) -> list[int]:
        """Numbers of up to `maximum` people who may have a card, evenly spaced."""
        registered = range(1, self.people + 1, self.registered_every)
        return list(registered[:: ceil(len(registered) / maximum)]) if maximum else []

    @property
    def registered_every(self) -> int:
        """The interval of the numbers, from 1 on, that are in the resident register."""
        return max(1, ceil(self.people / MAX_REGISTERED))

    def resident(self, number: int) -> Resident:
        """A person's entry in the resident register."""
        return Resident(
            resident_id=f"{_ID}{number}",
            name=_name(number, "見" if number % RARE_EVERY else RARE),
            name_kana="シケン　ミホン",
            birth_date=_birth_date(number),
            sex="1" if number % 2 else "2",
            postal_code="000-0000",
            address=f"架空県見本市１丁目{number}番",
        )

    def written(self, number: int) -> Resident:
        """The same person as her insurers spell her, which they have confirmed (rule R8)."""
        resident = self.resident(number)
        if number % WRITTEN_EVERY == 0:
            character = MISSING if number % 2 else ORDINARY
            resident = resident.model_copy(update={"name": _name(number, character)})
        if number % SHORT_EVERY == 0:
            resident = resident.model_copy(update={"address": f"架空県見本市1-{number}"})
        return resident

    def membership(self, number: int) -> Membership:
        """A person's present membership."""
        if _is_elderly(number):
            insurer_number = self.late_elderly[number % len(self.late_elderly)]
            return Membership(insurer_number, SYMBOL, str(number), None, _birth_date(number))
        return self._in_society(number, number)

    @staticmethod
    def serial(number: int) -> int:
        """The serial number of a person's bound certificate: eight bytes, which no issued certificate has."""
        return int.from_bytes(b"\x01" + sha256(number.to_bytes(8, "big")).digest()[16:23], "big")

    def rows(self, number: int) -> Iterator[Row]:
        """A person's rows in the member files: the present membership and, if any, the earlier one."""
        resident = self.written(number)
        began = max(CHANGED_ON, resident.birth_date)
        yield _row(self.membership(number), resident, number, acquired_on=began)
        if _has_changed(number):
            before = self._in_society(number, number + 1)
            ended = {"lost_on": CHANGED_ON, "reason_of_loss": ReasonOfLoss.OTHER_INSURANCE.value}
            yield _row(before, resident, number, acquired_on=BEFORE_FROM, **ended)

    def answer(self, question: Question) -> Answer:
        """The expected answer about a person of the bulk population, who is named in the question."""
        number = _number_in(question)
        event = FilePublished(_FIRST_FILE, "bulk", list(self.rows(number)))
        return answer(replay([event], _FIRST_FILE + timedelta(days=1)), question)

    def covers(self, question: Question) -> bool:
        """Whether a question is about a person of the bulk population."""
        if question.membership is not None:
            return question.membership.insurer_number in self.insurers
        return (question.person or "").startswith(_ID)

    def _in_society(self, number: int, society: int) -> Membership:
        insurer_number = self.societies[society % len(self.societies)]
        return Membership(insurer_number, SYMBOL, str(number), BRANCH, _birth_date(number))


def _name(number: int, character: str) -> str:
    return f"試験　{character}本{number}"


def _number_in(question: Question) -> int:
    if question.membership is not None:
        return int(question.membership.number)
    return int((question.person or "").removeprefix(_ID))


def _is_elderly(number: int) -> bool:
    return number % ELDERLY_EVERY == 0


def _birth_date(number: int) -> date:
    first, days = (ELDERLY_BORN, ELDERLY_DAYS) if _is_elderly(number) else (YOUNGER_BORN, YOUNGER_DAYS)
    return first + timedelta(days=number * STRIDE % days)


def _has_changed(number: int) -> bool:
    return number % CHANGED_OF < CHANGED and not _is_elderly(number) and _birth_date(number) < BEFORE_FROM


def _row(membership: Membership, resident: Resident, number: int, **days: Any) -> Row:
    """With all items of a member file, as `member_files.row_of` returns them."""
    empty = dict.fromkeys((
        "insured_name", "insured_birth_date", "name_alias", "name_alias_kana", "sex_on_certificate", "lost_on",
        "reason_of_loss", "issued_on", "valid_from", "valid_to", "burden_ratio", "elderly_certificate", "limit_certificate",
    ))  # fmt: skip
    items: dict[str, Any] = empty | {
        "certificate_kind": CertificateKind.GENERAL.value,
        "insurer_name": insurer_name(membership.insurer_number),
        "relationship": Relationship.INSURED.value,
        "name": resident.name,
        "name_kana": resident.name_kana,
        "sex": Sex.MALE.value if number % 2 else Sex.FEMALE.value,
        "postal_code": resident.postal_code,
        "address": resident.address,
        "nondisclosure": False,
        "self_disclosure_blocked": False,
        "specific_diseases": [],
    }
    return Row(membership, resident.resident_id, items | days)


@dataclass(frozen=True, slots=True)
class BulkPartition:
    """One generator's part of a bulk population: every `step`-th of `people`, from `first` on."""

    people: int
    first: int = 1
    step: int = 1

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, index: int) -> int:
        """The person's number at an index. Raises IndexError."""
        return self._numbers[index]

    def partition(self, count: int) -> list[BulkPartition]:
        """`count` parts of about the same size."""
        return [
            BulkPartition(self.people, self.first + index * self.step, self.step * count)
            for index in range(count)
        ]

    @property
    def _numbers(self) -> range:
        return range(self.first, self.people + 1, self.step)
