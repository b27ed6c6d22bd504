"""The layout with numbers in front of each line (H16)."""

from __future__ import annotations

from collections import Counter

import pytest

from eligibility_api.claims.reading.lines import Lines
from eligibility_api.claims.reading.numbered import Numbered, is_numbered
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.contract.claims import ClaimsFault

CLAIM = [
    "1,1,0,MN,1",
    "1,2,0,IR,1,13,1,9900001,,,202610,00",
    "1,3,0,RE,1,1112,202609,,1,19800517",
    "1,4,0,HO,01130012,,1,1,1",
]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("1,1,0,MN,1", True),
        ("12,345,6,IR", True),
        ("1,,,RE,1", True),
        ("IR,1,13,1", False),
        ("1,1,MN,1", False),
        ("1,1,0,mn,1", False),
        ("1,1,0,MNX", False),
        ("123,1,0,MN", False),
        ("１,1,0,MN", False),
        ("", False),
    ],
)
def test_the_layout_is_recognised_by_its_first_line(line: str, found: bool) -> None:
    assert is_numbered(line) is found


def stripped(*lines: str) -> tuple[list[str], Counter[str]]:
    passed: Counter[str] = Counter()
    numbered = Numbered(lambda record: passed.update([record]))
    return list(numbered.strip(Lines(lines, {})).texts), passed


def test_records_of_the_claim_itself_and_every_check_remain_on_their_lines_h16() -> None:
    found, passed = stripped(*CLAIM, "2,4,1,HO,9", "2,5,0,SN,1,09,,,,02", "3,6,0,SI,12", "1,7,0,SI,12,1")
    assert found == [
        "MN,1", "IR,1,13,1,9900001,,,202610,00", "RE,1,1112,202609,,1,19800517", "HO,01130012,,1,1,1", "",
        "SN,1,09,,,,02", "", "SI,12,1",
    ]  # fmt: skip
    assert passed == {"HO": 1, "SI": 1}


def test_each_claim_has_its_own_number_h16() -> None:
    found, passed = stripped(*CLAIM, "8,1,0,MN,2", "8,2,0,RE,2", "8,3,0,HO,2", "1,4,0,HO,1")
    assert found[4:] == ["MN,2", "RE,2", "HO,2", ""]
    assert passed == {"HO": 1}


def test_a_second_head_of_the_same_claim_is_a_correction_h16() -> None:
    found, passed = stripped(*CLAIM, "3,3,1,RE,1,1116,202609")
    assert (found[4:], passed) == ([""], {"RE": 1})


def read(*lines: str, end: str = "\r\n") -> tuple[int, int, list[ClaimsFault], list[ClaimsFault]]:
    reader = Reader("01130012")
    block = reader.feed(("\r\n".join(lines) + end).encode("cp932"))
    rest = reader.finish()
    faults = [fault.code for fault in block.faults], [fault.code for fault in rest.faults]
    return block.sections + rest.sections, len(block.claims) + len(rest.claims), *faults


def test_without_a_trailer_the_last_claim_counts_at_the_end_h16() -> None:
    assert read(*CLAIM) == (1, 1, [], [])


def test_claims_of_one_institution_are_one_section_and_compared_with_each_other_h16() -> None:
    other = [*CLAIM[:3], "1,4,0,HO,01130012,,2,1,1"]
    assert read(*CLAIM, *other) == (1, 2, [], [])
    sections, claims, faults, at_end = read(*CLAIM, *CLAIM)
    assert (sections, claims, faults + at_end) == (1, 1, [ClaimsFault.DUPLICATE])


def test_another_institution_is_another_section_h16() -> None:
    other = [line.replace("9900001", "9900002") for line in CLAIM]
    assert read(*CLAIM, *other) == (2, 2, [], [])


@pytest.mark.parametrize("cut", [1, 20])
def test_a_last_line_without_its_end_costs_its_claim_h16(cut: int) -> None:
    last = "1,5,0,SI,12,1,112007410,,75,1"[:cut]
    assert read(*CLAIM, last, end="") == (1, 0, [], [ClaimsFault.TRUNCATED])
