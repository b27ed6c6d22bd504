"""Generates synthetic residents: a stream of households, byte for byte the same for the same seed.

The age pyramid and the sizes of households are close to Japan's; nobody has died. The result depends on the
seed only: ages are as of a fixed day, and a long stream begins with the residents of a short one.
"""

import random
from bisect import bisect
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import accumulate, islice
from typing import BinaryIO, Literal, TypedDict

from jpki_mock.register.names import (
    FAMILY_NAMES,
    FEMALE_NAMES,
    MALE_NAMES,
    RARE_FEMALE_NAMES,
    RARE_MALE_NAMES,
    TOWNS,
)
from jpki_mock.register.resident import Resident

REFERENCE_DAY = date(2026, 4, 1)
"""The reference day of the ages; nobody is born later."""

_Sex = Literal["1", "2"]
_MALE: _Sex = "1"
_FEMALE: _Sex = "2"

_MIN_HEAD_AGE = 20
_HEAD_WEIGHTS = (42, 50, 54, 58, 64, 72, 82, 78, 70, 66, 78, 84, 66, 50, 28, 10)
_HEAD_BANDS = tuple(accumulate(_HEAD_WEIGHTS))
"""Cumulative weights of heads of household by five-year age band from 20 on."""

_HAS_SPOUSE = (0.14, 0.54, 0.62, 0.62, 0.62, 0.60, 0.42, 0.20)
_MEAN_CHILDREN = (1.5, 2.0, 2.0, 1.8, 0.6, 0.2, 0.08, 0.0)
"""Chance of a spouse, and mean number of a couple's children (before excluding unborn and moved-out ones), by
ten-year band of the head's age.
"""

_SINGLE_PARENT = 0.12
_LONE_WOMAN_BEFORE_60 = 0.45
_LONE_WOMAN_FROM_60 = 0.70
_MAX_CHILDREN = 4
_MAX_AGE_OF_CHILD_AT_HOME = 45
_MAX_AGE = 104

_RARE_OF_1000 = 44
"""Names with a character that Shift_JIS lacks, of a thousand: 4.4 %, the share of names with unmapped characters in the field."""

_STRIDE = 7919
"""A prime that spreads them: no two are among twelve successive residents, so none in one household."""

_SPACE = "\u3000"
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def residents(seed: int) -> Iterator[Resident]:
    """Yield residents endlessly; members of a household are consecutive."""
    rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
    number = 0
    while True:
        for person in _household(rng):
            number += 1
            if number * _STRIDE % 1000 < _RARE_OF_1000:
                _give_rare_name(person, number)
            yield Resident(resident_id=f"R{seed}-{number:08d}", **person)


def first_residents(people: int, seed: int) -> Iterator[Resident]:
    """Yield the first `people` residents of a seed."""
    return islice(residents(seed), people)


def write_lines(people: Iterable[Resident], file: BinaryIO) -> Iterator[Resident]:
    """Write each resident as one JSON line (UTF-8) and yield it."""
    for resident in people:
        file.write(resident.model_dump_json().encode() + b"\n")
        yield resident


class _Person(TypedDict):
    name: str
    name_kana: str
    birth_date: date
    sex: _Sex
    postal_code: str
    address: str


def _household(rng: random.Random) -> Iterator[_Person]:
    family, family_kana = rng.choice(FAMILY_NAMES)
    postal_code, address = _place(rng)
    taken: set[str] = set()
    for sex, age in _members(rng):
        given, given_kana = _given_name(rng, sex, taken)
        yield _Person(
            name=f"{family}\u3000{given}",
            name_kana=f"{family_kana}\u3000{given_kana}",
            birth_date=_birth_date(rng, age),
            sex=sex,
            postal_code=postal_code,
            address=address,
        )


def _members(rng: random.Random) -> Iterator[tuple[_Sex, int]]:
    """Yield sex and age of each member, head of household first."""
    age = _head_age(rng)
    decade = min((age - _MIN_HEAD_AGE) // 10, len(_HAS_SPOUSE) - 1)
    if rng.random() < _HAS_SPOUSE[decade]:
        mother_age = max(_MIN_HEAD_AGE, age - rng.randint(-2, 6))
        yield _MALE, age
        yield _FEMALE, mother_age
        yield from _children(rng, mother_age, _MEAN_CHILDREN[decade])
        return
    sex = _lone_sex(rng, age)
    yield sex, age
    if rng.random() < _SINGLE_PARENT:
        yield from _children(rng, age, _MEAN_CHILDREN[decade])


def _head_age(rng: random.Random) -> int:
    band = bisect(_HEAD_BANDS, rng.randrange(_HEAD_BANDS[-1]))
    return min(_MIN_HEAD_AGE + 5 * band + rng.randrange(5), _MAX_AGE)


def _lone_sex(rng: random.Random, age: int) -> _Sex:
    chance = _LONE_WOMAN_FROM_60 if age >= 60 else _LONE_WOMAN_BEFORE_60
    return _FEMALE if rng.random() < chance else _MALE


def _children(rng: random.Random, parent_age: int, mean: float) -> Iterator[tuple[_Sex, int]]:
    for _ in range(_MAX_CHILDREN):
        age = parent_age - rng.randint(22, 38)
        if rng.random() < mean / _MAX_CHILDREN and 0 <= age <= _MAX_AGE_OF_CHILD_AT_HOME:
            yield (_MALE if rng.random() < 0.513 else _FEMALE), age


def _given_name(rng: random.Random, sex: _Sex, taken: set[str]) -> tuple[str, str]:
    """Return a given name with its reading that no other member of the household has."""
    stock = MALE_NAMES if sex == _MALE else FEMALE_NAMES
    given = rng.choice(stock)
    while given[0] in taken:
        given = rng.choice(stock)
    taken.add(given[0])
    return given


def _give_rare_name(person: _Person, number: int) -> None:
    stock = RARE_MALE_NAMES if person["sex"] == _MALE else RARE_FEMALE_NAMES
    given, given_kana = stock[number % len(stock)]
    person["name"] = f"{person['name'].split(_SPACE)[0]}{_SPACE}{given}"
    person["name_kana"] = f"{person['name_kana'].split(_SPACE)[0]}{_SPACE}{given_kana}"


def _birth_date(rng: random.Random, age: int) -> date:
    return REFERENCE_DAY - timedelta(days=int(age * 365.2425) + rng.randrange(365))


def _place(rng: random.Random) -> tuple[str, str]:
    postal_code, town = rng.choice(TOWNS)
    number = f"{rng.randint(1, 9)}丁目{rng.randint(1, 60)}番{rng.randint(1, 60)}号"
    flat = f"\u3000{rng.randint(1, 9)}{rng.randint(1, 20):02d}号室" if rng.random() < 0.4 else ""
    return postal_code, town + (number + flat).translate(_FULL_WIDTH)
