"""Damaged samples: each fault is told by line, record and field, and no receipt is lost but those it concerns."""

from __future__ import annotations

import pytest

from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.errors import ShikakuError
from tests.claims.comparison import read_by_first
from tests.claims.damage import Damage
from tests.claims.damages import DAMAGES
from tests.claims.samples import SAMPLES


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_a_damage_is_told_by_its_place_and_costs_no_other_receipt(damage: Damage) -> None:
    sample = SAMPLES[damage.sample]
    whole = read_by_first([sample.body()], sample.insurer_number).receipts
    reading = read_by_first([damage.body], sample.insurer_number)
    assert [tuple(fault) for fault in reading.faults] == list(damage.faults)
    lost = {place - 1 for place in damage.lost}
    assert reading.receipts == [receipt for place, receipt in enumerate(whole) if place not in lost]


def test_every_fault_that_may_be_told_has_its_damage() -> None:
    assert {fault[5] for damage in DAMAGES for fault in damage.faults} == set(ClaimsFault)


def test_every_sample_has_its_damages() -> None:
    assert {damage.sample for damage in DAMAGES} == SAMPLES.keys()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n\r\n\x1a",
        b"RE,1,1112\r\n",
        b"insurer_number,symbol\r\n",
        b"\xef\xbb\xbfIR,1,13,1\r\n",
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"IRRE,1\r\n",
    ],
)
def test_what_begins_with_no_header_is_no_receipt_file(body: bytes) -> None:
    with pytest.raises(ShikakuError, match="claims-unreadable"):
        read_by_first([body], "01130012")
