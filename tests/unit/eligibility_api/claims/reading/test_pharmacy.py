"""Which dispensing belongs to which medicine of a pharmacy's claim (H12), as a table of sequences of records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.claims.reading.reader import Reader
from eligibility_api.contract.claims import ClaimsFault

HEADER = "YK,1,13,4,9900003,,202610,00"
HEAD = ("RE,1,4112,202609,試験　見本,2,19800517", "HO,01130012,見本,1234,1,1")

RECORDS = {
    "S": "SH,01,1,003",
    "T": "SH,02,9,006",
    "a": "IY,1,620000001,1",
    "b": "IY,1,620000002,1",
    "m": "TO,1,710010001,1",
    "k": "KH,任意",
    "c": "CO,810000001,架空",
    **{str(day): f"CZ,1,2026090{day},2026090{day},1,{day},1" for day in range(1, 7)},
}
"""Records by a letter: prescriptions S and T, medicines a and b, a material m; a digit is a dispensing on that day."""

MEDICINES = {"620000001": "a", "620000002": "b"}


def rows(sequence: str) -> tuple[list[str], list[ClaimsFault]]:
    """The rows of the history as medicine and day, and the faults."""
    lines = [HEADER, *HEAD, *(RECORDS[each] for each in sequence), "GO,1,1,99", ""]
    block = Reader("01130012").feed("\r\n".join(lines).encode("cp932"))
    drugs = block.claims[0].content.drugs if block.claims else ()
    found = [f"{MEDICINES[drug.code]}{drug.dispensed_on and drug.dispensed_on.day}" for drug in drugs]
    assert all(drug.times == (drug.dispensed_on and drug.dispensed_on.day) for drug in drugs)
    return found, [fault.code for fault in block.faults]


@pytest.mark.parametrize(
    ("sequence", "found"),
    [
        ("S1a2b", ["a1", "b2"]),  # not four
        ("S1a2b3a", ["a1", "b2", "a3"]),
        ("S12ab", ["a1", "b1", "a2", "b2"]),
        ("S12a34b", ["a1", "a2", "b3", "b4"]),
        ("S1ab2ab", ["a1", "b1", "a2", "b2"]),
        ("S1a1b", ["a1", "b1"]),
        # A material is an item too, though it is not stored.
        ("S1m2b", ["b2"]),
        ("S1am2b", ["a1", "b2"]),
        ("S1m2m", []),
        # A record that is passed over separates nothing.
        ("S1k2a", ["a1", "a2"]),
        ("S1akb2a", ["a1", "b1", "a2"]),
        ("S1ca2cb", ["a1", "b2"]),
        # Each prescription has its own groups.
        ("S1aT2b", ["a1", "b2"]),
        ("S1T2b", ["b2"]),
        ("S1aT2b3a", ["a1", "b2", "a3"]),
        # Items before the only dispensings.
        ("Sa1", ["a1"]),
        ("Sab12", ["a1", "b1", "a2", "b2"]),
        ("SaT1b", None),
        ("Sa1T2b", ["a1", "b2"]),
        ("Sm1", []),
        ("S1", []),
        ("", []),
    ],
)
def test_each_medicine_counts_for_the_dispensings_of_its_own_group_h12(
    sequence: str, found: list[str] | None
) -> None:
    assert rows(sequence) == (([], [ClaimsFault.ORDER]) if found is None else (found, []))


@pytest.mark.parametrize("sequence", ["Sa1b", "Sa1b2", "Sa12m", "S1a2", "S1a2T3b", "a", "1", "Sa"])
def test_where_it_is_unclear_what_was_dispensed_the_claim_is_rejected_h14(sequence: str) -> None:
    assert rows(sequence) == ([], [ClaimsFault.ORDER])


@given(st.lists(st.tuples(st.lists(st.sampled_from("123456"), min_size=1, max_size=3), st.lists(st.sampled_from("ab"), min_size=1, max_size=3)), min_size=1, max_size=4))  # fmt: skip
def test_groups_of_dispensings_and_medicines_never_mix_h12(groups: list[tuple[list[str], list[str]]]) -> None:
    sequence = "S" + "".join("".join(days) + "".join(medicines) for days, medicines in groups)
    expected = [medicine + day for days, medicines in groups for day in days for medicine in medicines]
    assert rows(sequence) == (expected, [])
