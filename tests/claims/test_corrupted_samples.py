"""Corrupted samples: each fault is reported by line, record and field, and only the claims concerned are lost."""

from __future__ import annotations

import pytest

from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.errors import ShikakuError
from tests.claims.comparison import read_with_reader
from tests.claims.corrupted_samples import CORRUPTED_SAMPLES
from tests.claims.corruption import CorruptedSample
from tests.claims.samples import SAMPLES


@pytest.mark.parametrize("corrupted", CORRUPTED_SAMPLES, ids=str)
def test_a_fault_is_reported_by_place_and_other_claims_are_kept(corrupted: CorruptedSample) -> None:
    sample = SAMPLES[corrupted.sample]
    whole = read_with_reader([sample.body()], sample.insurer_number).claims
    reading = read_with_reader([corrupted.body], sample.insurer_number)
    assert [tuple(fault) for fault in reading.faults] == list(corrupted.faults)
    kept = [place for place in range(1, len(whole) + 1) if place not in corrupted.lost]
    assert len(reading.claims) == len(kept)
    equal = [claim == whole[place - 1] for claim, place in zip(reading.claims, kept, strict=True)]
    assert equal == [place not in corrupted.changed for place in kept]


def test_every_fault_code_has_a_corrupted_sample() -> None:
    assert {fault[5] for corrupted in CORRUPTED_SAMPLES for fault in corrupted.faults} == set(ClaimsFault)


def test_every_sample_has_corrupted_variants() -> None:
    assert {corrupted.sample for corrupted in CORRUPTED_SAMPLES} == SAMPLES.keys()


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
def test_a_file_that_does_not_begin_with_a_header_is_rejected(body: bytes) -> None:
    with pytest.raises(ShikakuError, match="claims-unreadable"):
        read_with_reader([body], "01130012")
