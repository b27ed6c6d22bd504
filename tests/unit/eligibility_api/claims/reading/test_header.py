"""The header and the trailer of a section: kinds, volumes that continue, and totals as far as they are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.claims.reading.faults import BadRecord
from eligibility_api.claims.reading.header import (
    NO_TOTALS,
    UNKNOWN_TOTALS,
    Header,
    Totals,
    check_carried,
    kind_of,
    read_header,
    read_trailer,
)
from eligibility_api.contract.claims import ClaimKind, ClaimsFault

IR = "IR,1,13,1,1111114,,架空診療所,202610,00,03-0000-0000"
YK = "YK,1,13,4,0100013,架空薬局,202610,01"
HEADER = Header("IR", "1311111114", "架空診療所", date(2026, 10, 1), 0)


def test_both_headers_name_institution_month_and_volume() -> None:
    assert read_header("IR", IR) == (HEADER, None)
    assert read_header("YK", YK) == (Header("YK", "1340100013", "架空薬局", date(2026, 10, 1), 1), None)


def test_a_header_without_a_volume_is_the_first() -> None:
    header, _ = read_header("IR", "IR,1,13,1,1111114,,,202610")
    assert header.volume == 0


def test_a_name_too_long_does_not_cost_the_section() -> None:
    header, bad = read_header("IR", f"IR,1,13,1,1111114,,{'架' * 21},202610")
    assert header.institution_name is None
    assert bad is not None
    assert [(fault.name, fault.code) for fault in bad.faults] == [("医療機関名称", ClaimsFault.LEFT_OUT)]


@pytest.mark.parametrize(
    ("record", "line", "is_carried"),
    [
        ("IR", IR, True),
        ("YK", YK, True),
        ("IR", "IR,1,13,6,1111114,,,202610", True),  # rejected by its own rules
        ("IR", "IR,1,13,3,1111114,,,202610,00,,,,,,", False),
        ("HM", "HM,1,13,6,1111114,,202610", False),
        ("HI", "HI,1,202610", False),
    ],
)
def test_sections_of_other_branches_are_named_by_their_header(
    record: str, line: str, is_carried: bool
) -> None:
    kind = kind_of(record, line)
    if is_carried:
        check_carried(record, line, kind)
        return
    with pytest.raises(BadRecord) as bad:
        check_carried(record, line, kind)
    assert [fault.code for fault in bad.value.faults] == [ClaimsFault.NOT_CARRIED]


@pytest.mark.parametrize(
    ("record", "line", "kind"),
    [
        ("IR", IR, ClaimKind.MEDICAL),
        ("IR", "IR,1,13,3,1111114,,,202610", ClaimKind.DENTAL),
        ("IR", "IR,1,13,6,1111114,,,202610", None),
        ("IR", "IR,1,13,", None),
        ("IR", "IR,1,13", None),
        ("IR", "IR", None),
        ("IR", "IR,,,1", ClaimKind.MEDICAL),
        ("YK", "YK", ClaimKind.PHARMACY),
        ("HM", "HM,1,13,6", ClaimKind.NURSING),
        ("HI", "HI,1,13,1", None),
    ],
)
def test_the_kind_is_known_even_of_a_faulty_header(record: str, line: str, kind: ClaimKind | None) -> None:
    assert kind_of(record, line) is kind


@pytest.mark.parametrize(
    ("changes", "continues"),
    [
        ({"volume": 1}, True),
        ({"volume": 1, "institution_name": "別名"}, True),
        ({"volume": 0}, False),
        ({"volume": 2}, False),
        ({"volume": 1, "record": "YK"}, False),
        ({"volume": 1, "institution_code": "0110113719"}, False),
        ({"volume": 1, "claim_month": date(2026, 11, 1)}, False),
    ],
)
def test_a_volume_continues_the_former_of_the_same_institution_and_month(
    changes: dict[str, Any], continues: bool
) -> None:
    assert replace(HEADER, **changes).continues(HEADER) is continues


totals = st.builds(Totals, st.none() | st.integers(0, 99), st.none() | st.integers(0, 999))


@given(first=totals, second=totals)
def test_totals_add_up_and_one_unreadable_claim_makes_them_unknown(first: Totals, second: Totals) -> None:
    both = first.plus(second)
    for one, other, total in zip(first, second, both, strict=True):
        assert total == (None if one is None or other is None else one + other)
    assert NO_TOTALS.plus(first) == first
    assert UNKNOWN_TOTALS.plus(first) == UNKNOWN_TOTALS


@pytest.mark.parametrize(
    ("own", "combined", "line", "last"),
    [
        (Totals(2, 30), Totals(2, 30), "GO,2,30,99", True),
        (Totals(2, 30), Totals(5, 90), "GO,2,30,01", False),
        (Totals(2, 30), Totals(5, 90), "GO,5,90,99", True),
        (Totals(2, None), Totals(2, None), "GO,2,12345,99", True),
        (Totals(0, 0), Totals(0, 0), "GO,0,0,99", True),
        (Totals(2, 30), Totals(2, 30), "GO,2,30", False),
        (Totals(2, 30), Totals(2, 30), "GO,002,0030,", False),
        # Only the last volume has totals, and it counts all of them.
        (Totals(2, 30), Totals(2, 30), "GO,,,01", False),
        (Totals(2, 30), UNKNOWN_TOTALS, "GO,50,900,99", True),
        (Totals(None, 30), Totals(None, 30), "GO,7,30,99", True),
    ],
)
def test_a_trailer_counts_its_volume_or_all_of_them(
    own: Totals, combined: Totals, line: str, last: bool
) -> None:
    assert read_trailer(line, own, combined) is last


@pytest.mark.parametrize(
    ("own", "combined", "line", "name", "code"),
    [
        (Totals(2, 30), Totals(5, 90), "GO,3,30,99", "総件数", ClaimsFault.TRAILER),
        (Totals(2, 30), Totals(5, 90), "GO,2,90,99", "総合計点数", ClaimsFault.TRAILER),
        (Totals(2, 30), Totals(5, 90), "GO,5,30,99", "総合計点数", ClaimsFault.TRAILER),
        (Totals(2, None), Totals(2, None), "GO,1,0,99", "総件数", ClaimsFault.TRAILER),
        (Totals(0, 0), Totals(0, 0), "GO,,0,99", "総件数", ClaimsFault.REQUIRED),
        (Totals(0, 0), Totals(0, 0), "GO,0,,", "総合計点数", ClaimsFault.REQUIRED),
        (Totals(0, 0), Totals(0, 0), "GO", "総件数", ClaimsFault.REQUIRED),
        (Totals(None, 30), Totals(None, 30), "GO,7,31,99", "総合計点数", ClaimsFault.TRAILER),
        (Totals(0, 0), Totals(0, 0), "GO,0,x,99", "総合計点数", ClaimsFault.NUMBER),
        (Totals(0, 0), Totals(0, 0), "GO,0,0,9", "マルチボリューム識別情報", ClaimsFault.CODE),
    ],
)
def test_another_figure_is_a_fault_of_its_own_field(
    own: Totals, combined: Totals, line: str, name: str, code: ClaimsFault
) -> None:
    with pytest.raises(BadRecord) as bad:
        read_trailer(line, own, combined)
    assert [(fault.name, fault.code) for fault in bad.value.faults] == [(name, code)]


def test_a_trailer_with_too_many_fields_is_faulty_as_a_whole() -> None:
    with pytest.raises(BadRecord) as bad:
        read_trailer("GO,0,0,99,", NO_TOTALS, NO_TOTALS)
    assert [(fault.field, fault.code) for fault in bad.value.faults] == [(None, ClaimsFault.FIELDS)]
