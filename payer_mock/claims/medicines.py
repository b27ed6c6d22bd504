"""The medicines that can be prescribed: those of the drug master that the published interface ships."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from importlib.resources import files
from random import Random
from typing import NamedTuple

_CODE, _PRICE, _GENERIC, _PRICE_LIST_CODE = 2, 11, 16, 31
"""Columns of the master (OQS 13.4), from 0."""

_INGREDIENT_CHARACTERS = 7

COMPOUNDED = ""
"""The ingredient code of medicines that an institution compounds itself: empty."""


class Medicine(NamedTuple):
    """A product."""

    code: str
    price: float
    """Yen per unit."""
    generic: bool


@cache
def products() -> dict[str, tuple[Medicine, ...]]:
    """Products by ingredient (the first seven characters of 薬価基準収載医薬品コード), brands before generics."""
    found: defaultdict[str, list[Medicine]] = defaultdict(list)
    text = files("eligibility_api.contract").joinpath("drug_master.csv").read_text(encoding="utf-8")
    for row in csv.reader(text.splitlines()):
        medicine = Medicine(row[_CODE], float(row[_PRICE]), row[_GENERIC] == "1")
        found[row[_PRICE_LIST_CODE][:_INGREDIENT_CHARACTERS]].append(medicine)
    return {
        ingredient: tuple(sorted(medicines, key=lambda each: each.generic))
        for ingredient, medicines in found.items()
    }


def product(ingredient: str, rng: Random, *, generic: bool) -> Medicine:
    """A product of an ingredient: a generic if requested and there is one, else the brand."""
    choice = products()[ingredient]
    generics = [each for each in choice if each.generic]
    return rng.choice(generics) if generic and generics else choice[0]
