"""Combinations of ingredients that a package insert forbids, as data: `contraindications.toml`."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from importlib.resources import files


def _read() -> dict[str, frozenset[str]]:
    text = files(__package__).joinpath("contraindications.toml").read_text(encoding="utf-8")
    with_each: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in tomllib.loads(text)["pairs"]:
        with_each[one].add(other)
        with_each[other].add(one)
    return {ingredient: frozenset(others) for ingredient, others in with_each.items()}


CONTRAINDICATIONS = _read()
"""The ingredients with which each ingredient must not be combined, in both directions."""
