"""A claim (レセプト) as values: output of the reader, content of the store, input of the history.

Only what a history needs is kept. There is no logic here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from eligibility_api.contract.claims import ClaimKind
from eligibility_api.contract.history import CareSetting
from eligibility_api.contract.numbers import folded
from eligibility_api.domain.membership import comparable

READER_VERSION = 2
"""The version of what the reader makes of a file; raised with every change of it.

2: dispensings belong to the medicines behind them (H12); transfers, branches of the same membership, and name
and sex without a branch (H2, H13); only what decides whose, when or what rejects a claim (H14).
"""

DayCounts = tuple[tuple[int, int], ...]
"""Days of the month with the count on each (算定日情報); empty if the claim gives none."""


class Drug(NamedTuple):
    """A medicine (IY)."""

    code: str
    quantity: str | None
    """For each day or dose, a decimal as claimed (使用量)."""
    act: str | None
    """診療識別; of a pharmacy claim derived from the dosage form (剤形)."""
    times: int | None
    """Days of supply (内服) or doses."""
    days: DayCounts = ()
    dispensed_on: date | None = None
    prescribed_on: date | None = None
    usage_code: str | None = None
    usage: str | None = None
    """The written usage, if the code says so (900), or a comment with it."""
    instruction: str | None = None


class Act(NamedTuple):
    """An act of treatment or surgery (SI)."""

    code: str
    quantity: str | None
    act: str | None
    times: int | None
    days: DayCounts = ()


class Disease(NamedTuple):
    """A diagnosis (SY)."""

    code: str
    name: str | None
    modifiers: tuple[str, ...]
    began_on: date | None
    outcome: str | None
    main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The member named by a claim: HO's insurer, symbol and number with SN's branch, or only KO's numbers.

    Name and sex are those of the claim; they are not stored.
    """

    insurer_number: str
    symbol: str | None
    number: str
    branch: str | None
    birth_date: date
    name: str | None = None
    sex: str | None = None

    @property
    def person(self) -> tuple[str, str]:
        """Name and sex for comparison."""
        return folded(self.name or ""), self.sex or ""


class Content(NamedTuple):
    """The treatment in a claim."""

    institution_name: str | None
    prescriber_code: str | None
    """The prescribing institution of a pharmacy claim, ten digits."""
    prescriber_name: str | None
    drugs: tuple[Drug, ...]
    acts: tuple[Act, ...]
    diseases: tuple[Disease, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim of one institution, claim month and member. Months are given by their first days."""

    kind: ClaimKind
    setting: CareSetting
    institution_code: str
    claim_month: date
    treatment_month: date
    member: Member
    content: Content

    @property
    def identity(self) -> bytes:
        """Sixteen bytes, equal for versions of one claim, of which the last counts (rule H2)."""
        member = self.member
        parts: tuple[str, ...] = (
            member.insurer_number,
            *comparable(member.symbol, member.number, member.branch),
            member.birth_date.isoformat(),
            self.kind.value,
            self.setting.value,
            self.institution_code,
            self.content.prescriber_code or "",
            self.treatment_month.isoformat(),
        )
        if not member.branch:  # it tells twins apart by itself
            parts += member.person
        return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=date.isoformat)


def encode(content: Content) -> str:
    """Encode a content as JSON: arrays in the order of the fields, days ISO."""
    return _ENCODER.encode(content)


def decode(stored: str | list[Any]) -> Content:
    """Decode the output of `encode`: text from the raw driver, a value from SQLAlchemy."""
    return content_of(json.loads(stored) if isinstance(stored, str) else stored)


def content_of(values: list[Any], *, drugs: bool = True, acts: bool = True, diseases: bool = True) -> Content:
    """The content of decoded JSON, with the requested kinds of lines only."""
    name, code, prescriber, of_drugs, of_acts, of_diseases = values
    return Content(
        name,
        code,
        prescriber,
        _drugs(of_drugs) if drugs else (),
        _acts(of_acts) if acts else (),
        _diseases(of_diseases) if diseases else (),
    )


def _drugs(drugs: list[Any]) -> tuple[Drug, ...]:
    return tuple(
        [
            Drug(drug, quantity, act, times, _counts(days), _day(dispensed), _day(prescribed), *usage)
            for drug, quantity, act, times, days, dispensed, prescribed, *usage in drugs
        ]
    )


def _acts(acts: list[Any]) -> tuple[Act, ...]:
    return tuple(
        [Act(code, quantity, act, times, _counts(days)) for code, quantity, act, times, days in acts]
    )


def _diseases(diseases: list[Any]) -> tuple[Disease, ...]:
    return tuple([Disease(c, n, tuple(m), _day(b), o, main) for c, n, m, b, o, main in diseases])


def _counts(days: list[list[int]]) -> DayCounts:
    return tuple(map(tuple, days)) if days else ()  # type: ignore[arg-type]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None
