"""How insurers spell members: a small share otherwise than the resident register, as in the field.

Deterministic by person. Insurers use these spellings in every file, so that a member stays the same one.
"""

from __future__ import annotations

import re
from zlib import crc32

from payer_mock.population.residents import Person

ORDINARY = str.maketrans("𠮷㐂圡", "吉喜土")
"""Rare characters of synthetic names, and the ordinary ones that are written for them."""

MISSING = "●"
"""Written by systems that have neither."""

_OF = 1000
_ORDINARY, _MISSING = 100, 200
"""Of a thousand members with a rare character: written by the ordinary one; and, cumulative, as missing."""

_LARGE_KANA = 4
_SHORT_ADDRESS = 3
"""Of a thousand members with small kana, and of a thousand households."""

_LARGE = str.maketrans("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ")
_LOT = re.compile("([０-９]+)丁目([０-９]+)番([０-９]+)号")
_ASCII_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")


def as_insurers_write(person: Person) -> Person:
    """Return the person as her insurers write her; about 1.3 of 100 otherwise than the register.

    Of all the members with a rare character one in five: half with the ordinary character, half with ●. Small kana
    are written large, and lots of an address as 1-2-3 for a whole household.
    """
    draw = _draw(f"{person.name}{person.birth_date}")
    name, kana, address = person.name, person.name_kana, person.address
    if name.translate(ORDINARY) != name and draw < _MISSING:
        name = _written(name, draw)
    elif draw < _LARGE_KANA:
        kana = kana.translate(_LARGE)
    if _draw(address) < _SHORT_ADDRESS:
        address = _LOT.sub(r"\1-\2-\3", address).translate(_ASCII_DIGITS)
    return person._replace(name=name, name_kana=kana, address=address)


def _written(name: str, draw: int) -> str:
    if draw < _ORDINARY:
        return name.translate(ORDINARY)
    return "".join(MISSING if ord(character) in ORDINARY else character for character in name)


def _draw(text: str) -> int:
    return crc32(text.encode()) % _OF
