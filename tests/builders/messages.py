"""Messages of any content, for property tests: made from the declared elements and a source of random numbers.

One random number stands for a whole message. Strategies for each of the thousands of values of a result would be a
hundred times slower, and nothing here depends on two values at once.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from random import Random
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from clinic_terminal.clock import JAPAN
from clinic_terminal.messages.codes import CharacterCode
from clinic_terminal.messages.elements import Element, Group, ValueFormat
from eligibility_api.contract.characters import replace_unencodable

GroupT = TypeVar("GroupT", bound=Group)

MAX_REPEATED = 3


@cache
def shift_jis_characters() -> str:
    """The characters of CP932, without control characters and without ●."""
    codes = (
        chr(code) for code in range(0x20, 0x10000) if not 0x7F <= code < 0xA0 and not 0xD800 <= code < 0xE000
    )
    return "".join(one for one in codes if one != "●" and replace_unencodable(one) == one)


@cache
def any_characters() -> str:
    """Characters of every kind that XML has: of markup, of scripts, of planes, combining and invisible ones."""
    ranges = (
        (0x20, 0x7F),
        (0xA0, 0x3200),
        (0x4E00, 0x5200),
        (0xF900, 0xFFFE),
        (0x1F600, 0x1F650),
        (0x20000, 0x20100),
    )
    return "<>&\"']]>" * 20 + "".join(chr(code) for first, end in ranges for code in range(first, end))


def _text(max_length: int) -> Callable[[Random, str], str]:
    def made(random: Random, characters: str) -> str:
        length = max_length if random.random() < 0.02 else random.randint(1, min(max_length, 12))
        # Not blank: a blank element is read as absent.
        return "".join(random.choices(characters, k=length - 1)) + random.choice("x架")

    return made


def _from(characters: str, max_length: int) -> Callable[[Random, str], str]:
    return lambda random, _: "".join(random.choices(characters, k=random.randint(1, max_length)))


def _day(random: Random, _: str) -> date:
    return date(1868, 1, 1) + timedelta(days=random.randrange(2_900_000))


def _insurer_number(random: Random, _: str) -> str:
    return str(random.choice((random.randrange(100_000, 10**6), random.randrange(10**7, 10**8))))


_LEAVES: dict[str, Callable[[Random, str], Any]] = {
    "YYYYMMDD": _day,
    "YYYYMMDDhhmmss": lambda random, _: datetime(1950, 1, 1, tzinfo=JAPAN) + timedelta(seconds=random.randrange(10**10)),
    "YYYYMM": lambda random, _: f"{_day(random, _):%Y%m}",
    "8 characters, left padding": _insurer_number,
    "10 digits": lambda random, _: f"{random.randrange(10**10):010d}",
    "≤ 20 characters": lambda random, _: _from("0123abz架空－１２ ・", 19)(random, _) + "z",
    "2 digits": lambda random, _: f"{random.randrange(100):02d}",
    "123-4567": lambda random, _: f"{random.randrange(1000):03d}-{random.randrange(10_000):04d}",
    "3 digits, percent": lambda random, _: f"{random.randrange(101):03d}",
    "yen": lambda random, _: random.randrange(10**9),
    "number": lambda random, _: random.randrange(10**9),
    "text, ≤ 100": _text(100),
    "text, ≤ 200": _text(200),
    "text, ≤ 50": _text(50),
    "text, ≤ 20": _text(20),
    "name, ≤ 200": _text(200),
    "half-width kana": lambda random, _: _from("アイガパンヴッー・ ｶﾞﾟA0", 30)(random, _) + "ア",
}  # fmt: skip
"""What makes a value, by the text of its format."""


def message(model: type[GroupT], random: Random, *, shift_jis: bool = False, fill: float = 0.5) -> GroupT:
    """A message or group of a model, each optional element with the probability `fill`.

    With `shift_jis` it has the characters of CP932 only, and announces them.
    """
    return _Maker(random, shift_jis, fill).group(model)


class _Maker:
    """Makes values of declared fields."""

    def __init__(self, random: Random, shift_jis: bool, fill: float) -> None:
        self._random = random
        self._code = CharacterCode.SHIFT_JIS if shift_jis else CharacterCode.UTF_8
        self._characters = shift_jis_characters() if shift_jis else any_characters()
        self._fill = fill

    def group(self, model: type[GroupT]) -> GroupT:
        """A group of any content."""
        return model(**{name: self._field(info) for name, info in model.model_fields.items()})

    def _field(self, info: FieldInfo) -> Any:
        [element] = [one for one in info.metadata if isinstance(one, Element)]
        if element.code == "OQSCD005":
            return self._code
        return self._value(info.annotation, info.metadata, min_count=1 if info.is_required() else 0)

    def _value(self, annotation: Any, metadata: Sequence[Any], min_count: int = 0) -> Any:
        origin = get_origin(annotation)
        if hasattr(annotation, "__metadata__"):
            return self._value(annotation.__origin__, [*annotation.__metadata__, *metadata], min_count)
        if origin in (Union, types.UnionType):
            [inner] = [one for one in get_args(annotation) if one is not type(None)]
            return self._value(inner, metadata, min_count) if self._random.random() < self._fill else None
        if origin is tuple:
            count = self._random.randint(
                min_count, MAX_REPEATED if self._random.random() < self._fill else min_count
            )
            made = (self._value(get_args(annotation)[0], metadata) for _ in range(count))
            return tuple(one for one in made if one is not None)
        if origin is Literal:
            return self._random.choice(get_args(annotation))
        if issubclass(annotation, Enum):
            return self._random.choice([*annotation])
        if issubclass(annotation, Group):
            group = self.group(annotation)
            # A group without elements is not written, and so read as absent.
            return group if "Body" in annotation.__name__ or _has_content(group) else None
        formats = [one for one in metadata if isinstance(one, ValueFormat)]
        return _LEAVES[formats[-1].text](self._random, self._characters)


def _has_content(value: object) -> bool:
    if isinstance(value, Group):
        return any(_has_content(getattr(value, name)) for name in type(value).model_fields)
    return value not in (None, ())
