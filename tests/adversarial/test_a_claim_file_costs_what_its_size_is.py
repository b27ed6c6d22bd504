"""Reading a claim file costs time and memory by its size, whatever is in it."""

from __future__ import annotations

import tracemalloc

import pytest

from eligibility_api.claims.reading.faults import BadValue
from eligibility_api.claims.reading.reader import Reader as ClaimReader
from eligibility_api.claims.reading.values import (
    Field,
    day_counts,
    digits,
    insurer,
    membership,
    one_of,
    text_up_to,
)
from eligibility_api.contract.bounds import MAX_EXPANSION
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.lines import MAX_FAULTS, MAX_LINE_BYTES
from tests.builders.hostile_texts import HOSTILE, normalised_lengths

CLAIM_FIELDS = {
    "membership": Field(membership, any_length=True),
    "number": Field(insurer, any_length=True),
    "text": Field(text_up_to(40)),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", CLAIM_FIELDS)
def test_the_worst_field_of_a_claim_is_a_fault_that_costs_no_more_than_a_long_one(
    name: str, kind: str
) -> None:
    field = CLAIM_FIELDS[name]
    with normalised_lengths() as lengths:
        try:
            found = field[HOSTILE[kind](MAX_LINE_BYTES // 2).encode("cp932", "replace").decode("cp932")]
        except ValueError as bad:
            found = bad
    assert found is None or isinstance(found, ValueError) or len(found) <= 40
    assert max(lengths, default=0) <= 130 * MAX_EXPANSION
    assert not any(len(text) > 128 for text in field)


@pytest.mark.parametrize("spaces", [127, 128, 129, 5_000])
def test_a_field_of_a_claim_is_as_valid_with_many_spaces_as_with_one(spaces: int) -> None:
    number = CLAIM_FIELDS["number"]
    assert number[" " * spaces + "33120015"] == number[" 33120015"] == "33120015"
    for rule in (one_of("13"), digits(1), text_up_to(40)):
        with pytest.raises(BadValue):
            Field(rule)[" " * spaces + "1"]


CLAIM_HEADER = "IR,1,13,1,1111114,,見本医院,202609,00,\r\n".encode("cp932")


CLAIM_ROWS: dict[str, bytes] = {
    "claims of one record": b"RE\r\n",
    "claims with hostile names": b"RE,1,1112," + "ﾞ".encode("cp932") * 20_000 + b"\r\n",
    "line breaks": b"\n",
    "unknown records": b"ZZ,1\r\n",
    "headers": CLAIM_HEADER,
    "ends": b"GO,0,0,00\r\n",
    "control characters": b"\x01\x02\r\n",
}


@pytest.mark.parametrize("name", CLAIM_ROWS)
def test_memory_stays_flat_however_many_faulty_claims_there_are(name: str) -> None:
    reader = ClaimReader("01130012")
    reader.feed(CLAIM_HEADER)
    part = CLAIM_ROWS[name] * (16_384 // len(CLAIM_ROWS[name]) + 1)
    tracemalloc.start()
    try:
        held = []
        for count in range(8):
            block = reader.feed(part)
            assert len(block.faults) <= MAX_FAULTS
            assert block.fault_counts.total() >= len(block.faults)
            del block
            if count >= 4:
                held.append(tracemalloc.get_traced_memory()[0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * 2**20
    assert held[-1] < held[0] + 2 * 2**20


@pytest.mark.parametrize(
    ("days", "fault"),
    [
        ("1," * 30 + "1", None),
        ("1," * 31 + "1", ClaimsFault.FIELDS),
        ("," * 30_000, ClaimsFault.FIELDS),
        ("9" * 60_000, ClaimsFault.NUMBER),
        ("1" + " " * 200, ClaimsFault.NUMBER),
        ("²", ClaimsFault.NUMBER),
    ],
    ids=["31 days", "32 days", "commas", "digits", "spaces", "no number"],
)
def test_the_days_of_a_month_are_taken_apart_in_bounded_steps(days: str, fault: ClaimsFault | None) -> None:
    field = Field(day_counts, any_length=True)
    if fault is None:
        assert len(field[days]) == 31
        return
    with pytest.raises(BadValue) as bad:
        field[days]
    assert bad.value.code == fault
