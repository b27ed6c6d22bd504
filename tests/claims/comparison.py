"""Runs the fund's reader, and converts its claims to the plain values of the reference reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from eligibility_api.claims.reading.block import Block
from eligibility_api.claims.reading.faults import Fault
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.domain.claims import Claim


@dataclass
class AnswerInputs:
    """The result of reading a whole file."""

    claims: list[Claim] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    sections: int = 0
    found: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)

    def add(self, block: Block) -> None:
        self.claims += block.claims
        self.faults += block.faults
        self.sections += block.sections
        self.found += block.total
        self.passed += block.passed
        for kind, count in block.kinds.items():
            self.kinds[kind.value] = self.kinds.get(kind.value, 0) + count


def read_with_reader(parts: Iterable[bytes], insurer_number: str) -> AnswerInputs:
    """Read a file that arrives in these parts with the fund's reader."""
    reader, reading = Reader(insurer_number), AnswerInputs()
    for part in parts:
        reading.add(reader.feed(part))
    reading.add(reader.finish())
    return reading


def claim_as_dict(claim: Claim) -> dict[str, Any]:
    """A claim as plain values."""
    member, content = claim.member, claim.content
    return {
        "kind": claim.kind.value,
        "setting": claim.setting.value,
        "institution_code": claim.institution_code,
        "institution_name": content.institution_name,
        "claim_month": claim.claim_month.isoformat(),
        "treatment_month": claim.treatment_month.isoformat(),
        "birth_date": member.birth_date.isoformat(),
        "insurer_number": member.insurer_number,
        "symbol": member.symbol,
        "number": member.number,
        "branch": member.branch,
        "prescriber_code": content.prescriber_code,
        "prescriber_name": content.prescriber_name,
        "drugs": _plain(content.drugs),
        "acts": _plain(content.acts),
        "diseases": _plain(content.diseases),
    }


def _plain(items: Sequence[Any]) -> list[dict[str, Any]]:
    return [{name: _value(value) for name, value in item._asdict().items()} for item in items]


def _value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_value(each) for each in value]
    return value
