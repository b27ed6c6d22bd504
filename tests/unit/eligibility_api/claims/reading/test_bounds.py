"""Whatever comes, a reader's memory stays flat: of one receipt, one section, one line only so much is kept."""

from __future__ import annotations

import tracemalloc

from eligibility_api.claims.reading import section
from eligibility_api.claims.reading.block import MOST_FAULTS
from eligibility_api.claims.reading.draft import MOST_RECORDS
from eligibility_api.claims.reading.pharmacy import MOST_DRUGS
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.claims.reading.values import Field, membership, number
from eligibility_api.contract.claims import ClaimsFault

INSURER = "01130012"
HEADER = b"IR,1,13,1,9900001,,,202610,00\r\n"
CLAIM = b"RE,%d,1112,202609,,1,19800517\r\nHO,01130012,,%d,1,1\r\n"


def test_of_one_receipt_so_many_faults_are_told() -> None:
    reader = Reader(INSURER)
    block = reader.feed(HEADER + CLAIM % (1, 1) + b"SI,12,1,x\r\n" * (MOST_FAULTS + 50))
    assert len(block.faults) == MOST_FAULTS
    block = reader.feed(CLAIM % (2, 2) + b"SI,12,1,x\r\nGO,2,2,99\r\n")
    assert [(fault.receipt, fault.code) for fault in block.faults] == [(2, ClaimsFault.CODE)]
    assert (block.found, block.receipts) == (2, [])


def test_of_one_receipt_so_many_records_are_read() -> None:
    records = b"SI,12,1,112007410,,1,1\r\n" * (MOST_RECORDS - 2)
    reader = Reader(INSURER)
    block = reader.feed(
        HEADER + CLAIM % (1, 1) + records + CLAIM % (2, 2) + records + b"SJ,01,\r\nSJ,01,\r\n"
    )
    assert [len(receipt.content.acts) for receipt in block.receipts] == [MOST_RECORDS - 2]
    assert [(fault.receipt, fault.record, fault.code) for fault in block.faults] == [
        (2, "SJ", ClaimsFault.ORDER)
    ]


def test_a_bad_line_beyond_is_told_too() -> None:
    records = b"SI,12,1,112007410,,1,1\r\n" * (MOST_RECORDS - 2)
    block = Reader(INSURER).feed(
        HEADER + CLAIM % (1, 1) + records + b"SI,\xff\xff\r\nSJ,01,\r\nGO,1,1,99\r\n"
    )
    assert block.receipts == []
    assert [(fault.record, fault.code) for fault in block.faults] == [("SI", ClaimsFault.ORDER)]


def test_what_each_dispensing_repeats_is_bounded() -> None:
    header, receipt = (
        HEADER.replace(b"IR,1,13,1,9900001,", b"YK,1,13,4,9900001"),
        CLAIM.replace(b"1112", b"4112"),
    )
    many = b"CZ,1,,20260901,1,1\r\n" * 40 + b"IY,,620000001\r\n" * (MOST_DRUGS // 40)
    body = header + receipt % (1, 1) + b"SH,1,1\r\n" + many
    body += receipt % (2, 2) + b"SH,1,1\r\n" + many + b"SH,2,1\r\nCZ,1,,20260901,1,1\r\nIY,,620000001\r\n"
    block = Reader(INSURER).feed(body + b"GO,2,2,99\r\n")
    assert [len(receipt.content.drugs) for receipt in block.receipts] == [MOST_DRUGS]
    assert [(fault.receipt, fault.record, fault.code) for fault in block.faults] == [
        (2, "SH", ClaimsFault.ORDER)
    ]


def test_a_usage_that_each_medicine_repeats_is_bounded() -> None:
    medicines = b"IY,21,,620000001\r\n" * 100 + b"IY,,,620000001,,1,1\r\n"
    comment = b"CO,,,," + b"a" * 76 + b"\r\n"
    body = HEADER + CLAIM % (1, 1) + medicines + comment * 12 + CLAIM % (2, 2) + medicines + comment * 13
    block = Reader(INSURER).feed(body + b"GO,2,2,99\r\n")
    assert [len(receipt.content.drugs) for receipt in block.receipts] == [101]
    assert [(fault.receipt, fault.record, fault.code) for fault in block.faults] == [
        (2, "CO", ClaimsFault.ORDER)
    ]


def test_behind_the_end_so_many_faults_are_told() -> None:
    reader = Reader(INSURER)
    block = reader.feed(HEADER + b"GO,0,0,99\r\n" + b"XX\r\n" * (MOST_FAULTS + 50))
    assert len(block.faults) == MOST_FAULTS


def test_a_field_remembers_so_many_texts() -> None:
    field = Field(number(9))
    for text in map(str, range(30_000)):
        assert field[text] == int(text)
    assert len(field) <= 10_000


def test_a_field_remembers_no_long_text() -> None:
    field = Field(membership)
    assert field[" " * 60_000 + "1"] == "1"
    assert not field


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
    # What is remembered of a receipt, so that it is found when it comes twice.
    assert after - before < 5_000 * 300
    assert section.MOST_REMEMBERED * 300 < 32 * 2**20


def test_one_endless_line_is_not_kept() -> None:
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
