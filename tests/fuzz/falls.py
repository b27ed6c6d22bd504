"""Inputs on which a parser once failed, or worked far too long: kept, so that none of them returns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.builders.hostile_texts import marks
from tests.builders.operations import MODELS
from tests.conformance.bad_files import GOOD, line, lines


def _request(name: str, **members: Any) -> bytes:
    [model] = [model for model in MODELS if model.__name__ == name]
    return bytes([MODELS.index(model)]) + json.dumps(members, ensure_ascii=False).encode()


def _row(**cells: str) -> bytes:
    return lines(line("1", **cells)).encode()


_DISEASE = {"disease_1": "1", "disease_1_valid_from": "2024-04-01", "disease_1_valid_to": "2025-03-31"}
_MEMBER = {"insurer_number": "01130012", "number": "1", "birth_date": "1980-05-17"}

FALLS: Mapping[str, Mapping[str, bytes]] = {
    "requests": {
        "an insurer number of combining marks": _request(
            "NumberCheckRequest", **_MEMBER | {"insurer_number": marks(30_000)}
        ),
        "a branch of combining marks": _request("NumberCheckRequest", **_MEMBER, branch=marks(30_000)),
        "an institution code of combining marks": _request("Prescriber", institution_code=marks(30_000)),
        "a ticket twice, a thousand times": _request("TicketsRequest", tickets=[{}] * 5_000),
        "a row with thousands of members": _request(
            "CheckupsRequest", checkups=[_MEMBER | {f"m{n}": n for n in range(4_000)}]
        ),
    },
    "member file, CSV": {
        "an amount of 5,000 digits": _row(**_DISEASE, disease_1_self_pay="9" * 5_000),
        "an insurer number of combining marks": _row(insurer_number=marks(30_000)),
        "a symbol of combining marks": _row(symbol=marks(30_000)),
        "a reading of combining marks": _row(name_kana=marks(30_000)),
        "only line breaks": lines().encode() + b"\n" * 60_000,
    },
    "member file, late elderly": {
        "a birth year of superscripts": lines(
            line("1", insurer_number="39131156", branch="", birth_date="²²²²-01-01")
        ).encode(),
    },
    "member file, JSON": {
        "a number of 5,000 digits": json.dumps(dict(GOOD)).encode()[:-1]
        + b',"number":'
        + b"9" * 5_000
        + b"}",
        "only empty objects": b"{}\n" * 20_000,
    },
    "claim file": {
        "a symbol of voicing marks": b"IR,1,13,1,1111114,,x,202609,00,\r\nRE,1,1112,202609,,,19800517\r\nHO,01130012,"
        + "ｶ".encode("cp932")
        + "ﾞ".encode("cp932") * 30_000
        + b",1,1,1\r\n",
        "a fee table behind many spaces": b"IR,1,13,"
        + b" " * 200
        + b"1,1111114,,x,202609,00,\r\nRE,1,1112,202609\r\n",
        "a kind of fee table behind many spaces": b"IR,1,"
        + b" " * 200
        + b"1,1111114,,x,202609,00,\r\nRE,1,1112\r\n",
        "a number of 129 marks": b"IR,1,13,1,1111114,,x,202609,00,\r\nRE,1,1112,202609,,,19800517\r\nHO,01130012,,"
        + b"-" * 129
        + b",1,1\r\n",
    },
    "texts and numbers": {
        "combining marks": marks(30_000).encode(),
        "a variation selector thousands of times": ("神" + "\ufe00" * 20_000).encode(),
    },
    "token and assertion": {
        "a token longer than any header should be": b"e30." * 15_000,
    },
    "operator": {
        "a name of 20,000 encoded letters": b"%41" * 20_000,
    },
}
"""By parser, and by what is wrong in them."""
