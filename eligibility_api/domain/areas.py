"""Areas for which disaster mode is opened (W9): prefectures, municipalities (郡市区), single facilities.

An institution code is prefecture (2 digits), fee table (1), municipality (2), number (4) and check digit.
"""

from __future__ import annotations

from eligibility_api.contract.identifiers import UnreadableIdentifier, institution_code

_PREFECTURES = frozenset(f"{number:02d}" for number in range(1, 48))
"""都道府県番号, as institution codes begin."""


def is_prefecture(area: str) -> bool:
    """Whether this is a prefecture's number, such as 13."""
    return area in _PREFECTURES


def is_municipality(area: str) -> bool:
    """Whether this is a prefecture's number followed by that of a 郡市区, such as 1301."""
    return len(area) == 4 and area.isascii() and area.isdigit() and is_prefecture(area[:2])


def is_facility(area: str) -> bool:
    """Whether this is a single facility: its whole code."""
    try:
        return institution_code(area) == area
    except UnreadableIdentifier:
        return False


def areas_of(code: str) -> tuple[str, str, str]:
    """The areas to which a facility belongs: its prefecture, its municipality, itself.

    Disaster mode is on for it where it is on for one of them (W9).
    """
    prefecture = code[:2]
    return prefecture, prefecture + code[3:5], code
