"""The ten digits under which a facility stands: its 医療機関コード, or digits made from its 登録記号番号 (rule G6).

Many facilities that check eligibility only (資格確認限定型: 施術所 and others) have no institution code. They have the number under
which they act for their patients' insurers (受領委任): 協 or 契, the prefecture, five digits, and two more, as 協1312345-0-0. What stands in
the real interface in its place is not public. Here its digits do, behind one of our own where an institution code has the
fee table (点数表), so that they can never be one.
"""

from __future__ import annotations

import re

from eligibility_api.contract.identifiers import (
    PREFECTURES,
    IdentifierFault,
    UnreadableIdentifier,
    institution_code,
)
from eligibility_api.contract.numbers import MAX_IDENTIFIER_LENGTH, folded

_SIGNS = {"協": "9", "契": "8"}
"""The agreement of an association (協定), and the contract of a single practitioner (契約): no fee tables."""

FACILITY_CODE_RULE = "ten digits with a valid check digit, or a registration number such as 協1312345-0-0"
"""What `facility_code` reads, for error messages."""

_REGISTRATION_NUMBER = re.compile(r"([協契])([0-9]{2})([0-9]{7})")
_MADE_OF_ONE = re.compile(r"[0-9]{2}[89][0-9]{7}")


def facility_code(text: str, *, lost_zeros: bool = False) -> str:
    """The ten digits of a facility, from either of its numbers or from those digits. Raises UnreadableIdentifier.

    `lost_zeros`: a spreadsheet may have dropped the zero with which an institution code begins.
    """
    if len(text) > MAX_IDENTIFIER_LENGTH:
        raise UnreadableIdentifier(IdentifierFault.TOO_LONG)
    digits = folded(text)
    if number := _REGISTRATION_NUMBER.fullmatch(digits):
        sign, prefecture, rest = number.groups()
        digits = f"{prefecture}{_SIGNS[sign]}{rest}"
    if not is_of_registration_number(digits):
        return institution_code(text, lost_zeros=lost_zeros)
    if digits[:2] not in PREFECTURES:
        raise UnreadableIdentifier(IdentifierFault.PREFECTURE)
    return digits


def is_of_registration_number(code: str) -> bool:
    """Whether ten digits were made from a registration number."""
    return _MADE_OF_ONE.fullmatch(code) is not None
