"""Scans source packages for the error codes that they raise."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAMILY = {"ShikakuError", "TerminalError"}

_CLASS = re.compile(r"^ *class (\w+)\((\w+)", re.MULTILINE)
_LITERAL = re.compile(r"""(["'])([a-z0-9-]+)\1""")


@cache
def _source(packages: tuple[str, ...]) -> str:
    """The text of every module of the packages; to parse them takes a hundred times as long."""
    files = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    assert len(files) > len(packages)
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def error_classes(packages: tuple[str, ...]) -> set[str]:
    """The names of the error classes, each derived from one of the family."""
    classes = _CLASS.findall(_source(packages))
    names, known = set(FAMILY), 0
    while known < len(names):
        known = len(names)
        names |= {name for name, base in classes if base in names}
    return names


def raised_codes(packages: tuple[str, ...]) -> set[str]:
    """Every code with which an error is constructed from a literal."""
    construction = re.compile(rf"\b(?:{'|'.join(error_classes(packages))})\(\s*{_LITERAL.pattern}")
    return {code for _, code in construction.findall(_source(packages))}


def literals(packages: tuple[str, ...]) -> set[str]:
    """Every literal text of the source that has the form of a code."""
    return {text for _, text in _LITERAL.findall(_source(packages))}
