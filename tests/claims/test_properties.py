"""Properties of the reader: it agrees with the reference reader, for any split into parts, and never fails."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from tests.claims import reference_reader
from tests.claims.comparison import AnswerInputs, claim_as_dict, read_with_reader
from tests.claims.corrupted_samples import CORRUPTED_SAMPLES
from tests.claims.generator import files
from tests.claims.samples import SAMPLES

BODIES = {
    **{sample.name: (sample.body(), sample.insurer_number) for sample in SAMPLES.values()},
    **{
        str(corrupted): (corrupted.body, SAMPLES[corrupted.sample].insurer_number)
        for corrupted in CORRUPTED_SAMPLES
        if len(corrupted.body) < 20_000
    },
}

VALUE = re.compile("[0-8]|[b-zA-Z]|[^\x00-\x7fあ…]")
"""Characters that a shape never contains."""


def cut(body: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(body) + 1) for place in places} | {0, len(body)})
    return [body[begin:end] for begin, end in pairwise(ends)]


def read(parts: list[bytes], insurer_number: str) -> AnswerInputs | str:
    try:
        return read_with_reader(parts, insurer_number)
    except ShikakuError as error:
        return error.code


@given(files())
def test_both_readers_return_the_same_claims_of_any_valid_file(file: tuple[bytes, str]) -> None:
    body, insurer_number = file
    reading = read_with_reader([body], insurer_number)
    assert reading.faults == []
    assert [claim_as_dict(claim) for claim in reading.claims] == reference_reader.read(body, insurer_number)


@given(st.sampled_from(sorted(BODIES)), st.lists(st.integers(0, 20_000), max_size=30))
def test_the_split_into_parts_does_not_change_the_result(name: str, places: list[int]) -> None:
    body, insurer_number = BODIES[name]
    assert read(cut(body, places), insurer_number) == read([body], insurer_number)


def test_reading_byte_by_byte_does_not_change_the_result() -> None:
    for sample in SAMPLES.values():
        body = sample.body()
        bytes_ = [body[at : at + 1] for at in range(len(body))]
        assert read(bytes_, sample.insurer_number) == read([body], sample.insurer_number)


@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(
        st.tuples(st.integers(0, 20_000), st.integers(0, 8), st.binary(max_size=8)), min_size=1, max_size=8
    ),
    st.lists(st.integers(0, 20_000), max_size=4),
)
def test_a_randomly_edited_file_is_read_to_its_end_and_no_value_is_reported(
    name: str, edits: list[tuple[int, int, bytes]], places: list[int]
) -> None:
    body = SAMPLES[name].body()
    for place, width, replacement in edits:
        at = place % len(body)
        body = body[:at] + replacement + body[at + width :]
    reading = read([body], SAMPLES[name].insurer_number)
    assert read(cut(body, places), SAMPLES[name].insurer_number) == reading
    if isinstance(reading, str):
        assert reading == "claims-unreadable"
        return
    assert len(reading.claims) <= sum(reading.kinds.values()) <= reading.found
    assert not [fault for fault in reading.faults if fault.shape and VALUE.search(fault.shape)]
    assert not [
        fault for fault in reading.faults if fault.record and not re.fullmatch("[A-Z]{2}", fault.record)
    ]
