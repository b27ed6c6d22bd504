"""The reader's memory is bounded, per claim, section and line, whatever the file contains."""

from __future__ import annotations

import tracemalloc

import pytest

from eligibility_api.claims.reading import section
from eligibility_api.claims.reading.draft import MAX_RECORDS
from eligibility_api.claims.reading.faults import MAX_FAULTS_PER_CLAIM
from eligibility_api.claims.reading.pharmacy import MAX_DRUGS
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.claims.reading.values import Field, membership, number
from eligibility_api.contract.claims import ClaimsFault

INSURER = "01130012"
HEADER = b"IR,1,13,1,9900001,,,202610,00\r\n"
CLAIM = b"RE,%d,1112,202609,,1,19800517\r\nHO,01130012,,%d,1,1\r\n"


def test_the_faults_reported_per_claim_are_limited() -> None:
    reader = Reader(INSURER)
    block = reader.feed(HEADER + CLAIM % (1, 1) + b"SI,12,1,x\r\n" * (MAX_FAULTS_PER_CLAIM + 50))
    assert len(block.faults) == MAX_FAULTS_PER_CLAIM
    block = reader.feed(CLAIM % (2, 2) + b"SI,12,1,x\r\nGO,2,2,99\r\n")
    assert [(fault.claim, fault.code) for fault in block.faults] == [(2, ClaimsFault.CODE)]
    assert (block.total, block.claims) == (2, [])


def test_the_records_read_per_claim_are_limited() -> None:
    records = b"SI,12,1,112007410,,1,1\r\n" * (MAX_RECORDS - 2)
    reader = Reader(INSURER)
    block = reader.feed(
        HEADER + CLAIM % (1, 1) + records + CLAIM % (2, 2) + records + b"SJ,01,\r\nSJ,01,\r\n"
    )
    assert [len(claim.content.acts) for claim in block.claims] == [MAX_RECORDS - 2]
    assert [(fault.claim, fault.record, fault.code) for fault in block.faults] == [
        (2, "SJ", ClaimsFault.ORDER)
    ]


def test_a_bad_line_beyond_the_limit_is_reported() -> None:
    records = b"SI,12,1,112007410,,1,1\r\n" * (MAX_RECORDS - 2)
    block = Reader(INSURER).feed(
        HEADER + CLAIM % (1, 1) + records + b"SI,\xff\xff\r\nSJ,01,\r\nGO,1,1,99\r\n"
    )
    assert block.claims == []
    assert [(fault.record, fault.code) for fault in block.faults] == [("SI", ClaimsFault.ORDER)]


def test_the_medicines_repeated_by_dispensings_are_limited() -> None:
    header, claim = (
        HEADER.replace(b"IR,1,13,1,9900001,", b"YK,1,13,4,9900001"),
        CLAIM.replace(b"1112", b"4112"),
    )
    many = b"CZ,1,,20260901,1,1\r\n" * 40 + b"IY,,620000001\r\n" * (MAX_DRUGS // 40)
    body = header + claim % (1, 1) + b"SH,1,1\r\n" + many
    body += claim % (2, 2) + b"SH,1,1\r\n" + many + b"SH,2,1\r\nCZ,1,,20260901,1,1\r\nIY,,620000001\r\n"
    block = Reader(INSURER).feed(body + b"GO,2,2,99\r\n")
    assert [len(claim.content.drugs) for claim in block.claims] == [MAX_DRUGS]
    assert [(fault.claim, fault.record, fault.code) for fault in block.faults] == [
        (2, "SH", ClaimsFault.ORDER)
    ]


def test_the_usage_repeated_by_medicines_is_limited() -> None:
    medicines = b"IY,21,,620000001\r\n" * 100 + b"IY,,,620000001,,1,1\r\n"
    comment = b"CO,,,," + b"a" * 76 + b"\r\n"
    body = HEADER + CLAIM % (1, 1) + medicines + comment * 12 + CLAIM % (2, 2) + medicines + comment * 13
    block = Reader(INSURER).feed(body + b"GO,2,2,99\r\n")
    assert [len(claim.content.drugs) for claim in block.claims] == [101]
    assert [(fault.claim, fault.record, fault.code) for fault in block.faults] == [
        (2, "CO", ClaimsFault.ORDER)
    ]


def test_the_faults_reported_after_the_end_are_limited() -> None:
    reader = Reader(INSURER)
    block = reader.feed(HEADER + b"GO,0,0,99\r\n" + b"XX\r\n" * (MAX_FAULTS_PER_CLAIM + 50))
    assert len(block.faults) == MAX_FAULTS_PER_CLAIM


def test_a_field_caches_a_limited_number_of_texts() -> None:
    field = Field(number(9))
    for text in map(str, range(30_000)):
        assert field[text] == int(text)
    assert len(field) <= 10_000


def test_a_field_does_not_cache_long_texts() -> None:
    field = Field(membership, any_length=True)
    assert field[" " * 60_000 + "1"] == "1"
    assert not field


@pytest.mark.slow
def test_a_long_file_needs_no_more_memory_than_a_short_one() -> None:
    reader = Reader(INSURER)
    reader.feed(HEADER)
    tracemalloc.start()
    try:
        for part in range(10):
            reader.feed(b"".join(CLAIM % (1, 1000 * part + place) for place in range(500)))
        before, _ = tracemalloc.get_traced_memory()
        for part in range(10, 20):
            reader.feed(b"".join(CLAIM % (1, 1000 * part + place) for place in range(500)))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Per claim only its identity is remembered, to detect duplicates.
    assert after - before < 5_000 * 300
    assert section.MAX_REMEMBERED * 300 < 32 * 2**20


def test_an_endless_line_is_not_buffered() -> None:
    reader = Reader(INSURER)
    reader.feed(HEADER + CLAIM % (1, 1) + b"SJ,01,")
    tracemalloc.start()
    try:
        for _ in range(20):
            reader.feed(b"a" * 256 * 1024)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 512 * 1024
    assert [fault.code for fault in reader.feed(b"\r\n").faults] == [ClaimsFault.LINE_TOO_LONG]
