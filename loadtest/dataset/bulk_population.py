"""The crowd: people of whom there are many and little to say, so that a nation has a nation's size.

Everybody of it follows from her number alone, here and in the statement that fills her in (`filling.py`): nothing of ten
million people is held in memory, and what the naive model should answer about any of them is known all the same.

Who is 75 belongs to the late-elderly scheme; of the others under an employer's insurer a part had another one before, so that there
are 1.2 enrolments a person, as in the nation (160 M of 124 M people).
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

NAMED = 20_000
"""Of whom the resident register knows as well, evenly from all of the crowd: these may have a card."""

_OF_AN_INSURER = 36_000
_PREFECTURES = 47
_SOCIETIES, _FIRST_SOCIETY = "06{p:02d}{n:03d}", 501
_LATE_ELDERLY, _FIRST_LATE_ELDERLY = "39{p:02d}{n:03d}", 501
"""Forms of the insurers' numbers; of the synthetic country's (`payer-mock country`) none is as high."""

SYMBOL, BRANCH = "見本", "00"
CHANGED_ON, BEFORE_FROM = date(2024, 4, 1), date(2015, 4, 1)
"""Since when the present insurance runs, but for who was born later; and since when that of who had another before."""

STRIDE = 7919
"""A prime: neighbours in number are born far apart."""

ELDERLY_EVERY, ELDERLY_BORN, ELDERLY_DAYS = 6, date(1932, 1, 1), 6_900
YOUNGER_BORN, YOUNGER_DAYS = date(1955, 1, 1), 25_500
CHANGED_OF, CHANGED = 7, 2

_FIRST_FILE = datetime(2024, 4, 2, tzinfo=UTC)
_ID = "C"


def insurer_name(number: str) -> str:
    """How an insurer of the crowd is called."""
    return f"架空保険者{number}"


def _numbers(form: str, first: int, count: int) -> list[str]:
    digits = (
        form.format(p=place % _PREFECTURES + 1, n=first + place // _PREFECTURES) for place in range(count)
    )
    return [f"{number}{check_digit(number)}" for number in digits]


@dataclass(frozen=True, slots=True)
class BulkPopulation:
    """So many people, by their numbers from 1 on. `societies` and `late_elderly`: insurers, each person's by her number."""

    people: int
    societies: tuple[str, ...]
    late_elderly: tuple[str, ...]

    @classmethod
    def of(cls, people: int) -> BulkPopulation:
        """A crowd of a size: one insurer to every 36,000 members, as the nation has."""
        societies = _numbers(_SOCIETIES, _FIRST_SOCIETY, max(2, ceil(people / _OF_AN_INSURER)))
        late_elderly = _numbers(
            _LATE_ELDERLY, _FIRST_LATE_ELDERLY, min(_PREFECTURES, max(1, len(societies) // 6))
        )
        return cls(people, tuple(societies), tuple(late_elderly))

    @property
    def insurers(self) -> tuple[str, ...]:
        """Every insurer's number."""
        return self.societies + self.late_elderly

    def holders(self, most: int) -> list[int]:
        """Numbers of `most` people at most who may have a card, evenly from all of them."""
        named = range(1, self.people + 1, self.named_every)
        return list(named[:: ceil(len(named) / most)]) if most else []

    @property
    def named_every(self) -> int:
        """Every so manieth, from the first on, is in the resident register."""
        return max(1, ceil(self.people / NAMED))

    def resident(self, number: int) -> Resident:
        """Somebody as the resident register has her."""
        return Resident(
            resident_id=f"{_ID}{number}",
            name=f"試験　見本{number}",
            name_kana="シケン　ミホン",
            birth_date=_birth_date(number),
            sex="1" if number % 2 else "2",
            postal_code="000-0000",
            address=f"架空県見本市１丁目{number}番",
        )

    def membership(self, number: int) -> Membership:
        """Somebody's present membership."""
        insurers = self.late_elderly if _is_elderly(number) else self.societies
        return self._membership(number, insurers[number % len(insurers)])

    @staticmethod
    def serial(number: int) -> int:
        """The serial number of the card that somebody has at home: of eight bytes, as none in use has."""
        return int.from_bytes(b"\x01" + sha256(number.to_bytes(8, "big")).digest()[16:23], "big")

    def rows(self, number: int) -> Iterator[Row]:
        """All that was said of somebody: of her present membership, and of the one before where she had one."""
        resident = self.resident(number)
        began = max(CHANGED_ON, resident.birth_date)
        yield _row(self.membership(number), resident, number, acquired_on=began)
        if _has_changed(number):
            before = self._membership(number, self.societies[(number + 1) % len(self.societies)])
            ended = {"lost_on": CHANGED_ON, "reason_of_loss": ReasonOfLoss.OTHER_INSURANCE.value}
            yield _row(before, resident, number, acquired_on=BEFORE_FROM, **ended)

    def answer(self, question: Question) -> Answer:
        """What the fund should answer about one of the crowd, whom the question has to name."""
        number = _asked_about(question)
        said = FilePublished(_FIRST_FILE, "crowd", list(self.rows(number)))
        return answer(replay([said], _FIRST_FILE + timedelta(days=1)), question)

    def has(self, question: Question) -> bool:
        """Whether a question is about one of the crowd."""
        if question.membership is not None:
            return question.membership.insurer_number in self.insurers
        return (question.person or "").startswith(_ID)

    @staticmethod
    def _membership(number: int, insurer_number: str) -> Membership:
        return Membership(insurer_number, SYMBOL, str(number), BRANCH, _birth_date(number))


def _asked_about(question: Question) -> int:
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
    """With every item that a member file has, as `rows.row_of` gives them."""
    nothing = dict.fromkeys((
        "insured_name", "insured_birth_date", "name_alias", "name_alias_kana", "sex_on_certificate", "lost_on",
        "reason_of_loss", "issued_on", "valid_from", "valid_to", "burden_ratio", "elderly_certificate", "limit_certificate",
    ))  # fmt: skip
    items: dict[str, Any] = nothing | {
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
    """A part of a crowd, of which a generator asks: of `people` every `step`-th, from `first` on."""

    people: int
    first: int = 1
    step: int = 1

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, place: int) -> int:
        """Whose turn it is at a place. Raises IndexError."""
        return self._numbers[place]

    def partition(self, count: int) -> list[BulkPartition]:
        """So many parts of about the same size."""
        return [
            BulkPartition(self.people, self.first + hand * self.step, self.step * count)
            for hand in range(count)
        ]

    @property
    def _numbers(self) -> range:
        return range(self.first, self.people + 1, self.step)
