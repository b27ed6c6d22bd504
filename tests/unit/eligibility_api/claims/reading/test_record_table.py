"""The table of records: every published record is decided once, and the document shows the table."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from eligibility_api.claims.reading.medical import MedicalDraft
from eligibility_api.claims.reading.pharmacy import PharmacyDraft
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.claims.reading.record_table import (
    DONOR,
    KNOWN,
    PASSED_MEDICAL,
    PASSED_PHARMACY,
    RECORD_TABLE,
)
from eligibility_api.claims.reading.records import MEDICAL, PHARMACY
from eligibility_api.contract.claims import ClaimsFault

PAGE = Path(__file__).parents[5] / "docs" / "claims.md"
TREATMENTS = {
    "使用 / used": "used",
    "読み飛ばし / passed over": "passed",
    "対象外 / not read": "unread",
}


def test_the_document_has_the_table_in_its_order() -> None:
    rows = re.findall(
        r"^\| `([A-Z]{2})` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    table = [
        (letters, name, what)
        for branch in RECORD_TABLE.values()
        for what, records in branch.items()
        for letters, name in records.items()
    ]
    assert [(letters, name, TREATMENTS[what]) for letters, name, _, what in rows] == table
    branches = [branch for _, _, branch, _ in rows]
    assert len(Counter(branches)) == len(RECORD_TABLE)


@pytest.mark.parametrize("branch", RECORD_TABLE)
def test_a_branch_decides_each_of_its_records_once(branch: str) -> None:
    letters = [each for records in RECORD_TABLE[branch].values() for each in records]
    assert letters
    assert len(letters) == len(set(letters))
    assert all(re.fullmatch("[A-Z]{2}", each) for each in letters)


def test_the_records_that_are_used_are_those_with_a_layout() -> None:
    assert MEDICAL.keys() == RECORD_TABLE["medical"]["used"].keys()
    assert PHARMACY.keys() == RECORD_TABLE["pharmacy"]["used"].keys()
    of_sections = {"IR", "YK", "GO"}
    assert MedicalDraft.records.keys() == MEDICAL.keys() - of_sections
    assert PharmacyDraft.records.keys() == PHARMACY.keys() - of_sections
    assert not MedicalDraft.records.keys() & PASSED_MEDICAL
    assert not PharmacyDraft.records.keys() & PASSED_PHARMACY


PLACES = ("before the first claim", "in it", "behind it", "behind the trailer")
HEADERS = {"1112": b"IR,1,13,1,9900001,,,202610,00\r\n", "4112": b"YK,1,13,4,9900001,,202610,00\r\n"}
PASSED = [("1112", each) for each in sorted(PASSED_MEDICAL)] + [
    ("4112", each) for each in sorted(PASSED_PHARMACY)
]
CASES = [
    (*one, place)
    for one in PASSED
    for place in PLACES
    if one[1] not in DONOR or place != "in it"  # what follows is the donor's
]


def test_a_record_that_is_passed_over_costs_nothing_wherever_it_stands_h14() -> None:
    assert CASES
    for kind, record, place in CASES:
        extra = {place: f"{record},任意,{','.join('x' * 200)}\r\n".encode("cp932")}
        claim = f"RE,1,{kind},202609,,1,19800517\r\n".encode() + extra.get("in it", b"")
        claim += b"HO,01130012,,1,1,1\r\n" + extra.get("behind it", b"")
        body = HEADERS[kind] + extra.get("before the first claim", b"") + claim
        block = Reader("01130012").feed(body + b"GO,1,1,99\r\n" + extra.get("behind the trailer", b""))
        assert (len(block.claims), block.faults, block.passed) == (1, [], {record: 1}), (kind, record, place)


def test_no_record_of_two_letters_costs_the_next_claim_h14() -> None:
    assert sorted(KNOWN | {"QQ", "ZZ"})
    for record in sorted(KNOWN | {"QQ", "ZZ"}):
        body = HEADERS["1112"] + b"RE,1,1112,202609,,1,19800517\r\nHO,01130012,,1,1,1\r\n"
        body += record.encode() + b",1\r\n" + HEADERS["1112"]
        body += b"RE,1,1112,202608,,1,19800517\r\nHO,01130012,,2,1,1\r\nGO,1,1,99\r\n"
        block = Reader("01130012").feed(body)
        assert "2" in {claim.member.number for claim in block.claims}, record


@pytest.mark.parametrize("record", ["QQ", "SH", "KA", "HS"])
def test_a_record_of_another_layout_is_left_out_and_reported_h14(record: str) -> None:
    body = HEADERS["1112"] + b"RE,1,1112,202609,,1,19800517\r\nHO,01130012,,1,1,1\r\n"
    block = Reader("01130012").feed(body + record.encode() + b",1\r\nGO,1,1,99\r\n")
    assert len(block.claims) == 1
    assert [(fault.record, fault.code) for fault in block.faults] == [(record, ClaimsFault.UNKNOWN_RECORD)]
