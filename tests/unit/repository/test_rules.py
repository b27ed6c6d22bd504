"""Every rule of docs/rules.md is named by a test: in words (rule D1, rules C1 to C4, C1–C4) or in the test's name (_h14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

_ROW = re.compile(r"^\| ([A-Z]\d+) \|", re.MULTILINE)
_RANGE = re.compile(r"\b([A-Z])(\d+)(?: to |–)\1(\d+)\b")
_WORDS = re.compile(r"\b[Rr]ules?\b.*|\"\"\".*\([^()]*\)")
_NUMBER = re.compile(r"\b[A-Z]\d+\b")
_TEST = re.compile(r"\bdef (test_\w+)")


def rules() -> set[str]:
    """The numbers of all rules."""
    return set(_ROW.findall((ROOT / "docs/rules.md").read_text(encoding="utf-8")))


def named(text: str) -> Iterator[str]:
    """The rules that a test file names."""
    for letter, first, last in _RANGE.findall(text):
        yield from (f"{letter}{number}" for number in range(int(first), int(last) + 1))
    for words in _WORDS.findall(text):
        yield from _NUMBER.findall(words)
    for name in _TEST.findall(text):
        yield from (part.upper() for part in name.split("_") if _NUMBER.fullmatch(part.upper()))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"""Rule D1: a day."""', {"D1"}),
        ('"""Rules C1 to C3."""', {"C1", "C2", "C3"}),
        ('"""Papers (K1–K2)."""', {"K1", "K2"}),
        ('"""Windows (W1, W12): their ends."""', {"W1", "W12"}),
        ("def test_a_claim_h14() -> None:", {"H14"}),
        ('resident = "R2"', set()),
        ("", set()),
    ],
)
def test_the_rules_that_a_text_names(text: str, found: set[str]) -> None:
    assert set(named(text)) == found


def test_every_rule_is_named_by_a_test() -> None:
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    every = {rule for path in files for rule in named(path.read_text(encoding="utf-8"))}
    assert len(rules()) > 140
    assert sorted(rules() - every) == []
