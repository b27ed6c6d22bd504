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
    Header,
    Totals,
    kind_of,
    read_header,
    read_trailer,
)
from eligibility_api.contract.claims import ClaimKind, ClaimsFault

IR = "IR,1,13,1,1111114,,架空診療所,202610,00,03-0000-0000"
YK = "YK,1,13,4,0100013,架空薬局,202610,01"
HEADER = Header("IR", "1311111114", "架空診療所", date(2026, 10, 1), 0)


def test_both_headers_name_institution_month_and_volume() -> None:
    assert read_header("IR", IR) == HEADER
    assert read_header("YK", YK) == Header("YK", "1340100013", "架空薬局", date(2026, 10, 1), 1)


def test_a_header_without_a_volume_is_the_first() -> None:
    assert read_header("IR", "IR,1,13,1,1111114,,,202610").volume == 0


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


totals = st.builds(Totals, st.integers(0, 99), st.none() | st.integers(0, 999))


@given(first=totals, second=totals)
def test_totals_add_up_and_one_unreadable_claim_makes_the_points_unknown(
    first: Totals, second: Totals
) -> None:
    both = first.plus(*second)
    assert both.claims == first.claims + second.claims
    known = first.points is not None and second.points is not None
    assert both.points == ((first.points or 0) + (second.points or 0) if known else None)
    assert NO_TOTALS.plus(*first) == first


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


@pytest.mark.parametrize("line", ["GO", "GO,1", "GO,0,0,99,"])
def test_a_trailer_with_another_number_of_fields_is_faulty_as_a_whole(line: str) -> None:
    with pytest.raises(BadRecord) as bad:
        read_trailer(line, NO_TOTALS, NO_TOTALS)
    assert [(fault.field, fault.code) for fault in bad.value.faults] == [(None, ClaimsFault.FIELDS)]
