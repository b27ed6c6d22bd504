"""Values of elements: what is read from a text, what it becomes, what is refused without repeating it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from clinic_terminal.clock import JAPAN
from clinic_terminal.messages import values
from tests.builders.hostile_texts import marks

MY_NUMBER = "123456789018"
"""Synthetic: twelve digits with a valid check digit."""

GOOD: list[tuple[str, Any, Any]] = [
    ("Day", "20261130", date(2026, 11, 30)),
    ("Day", "20240229", date(2024, 2, 29)),
    ("Day", "18680101", date(1868, 1, 1)),
    ("Day", "99991231", date(9999, 12, 31)),
    ("Day", date(2026, 11, 30), date(2026, 11, 30)),
    ("Instant", "20261130235959", datetime(2026, 11, 30, 23, 59, 59, tzinfo=JAPAN)),
    ("Instant", datetime(2026, 11, 30, 0, 0, 0, 999, tzinfo=UTC), datetime(2026, 11, 30, 9, tzinfo=JAPAN)),
    ("Month", "202611", "202611"),
    ("InsurerNumber", "01130012", "01130012"),
    ("InsurerNumber", "  138057", "138057"),
    ("InsurerNumber", "00138057", "138057"),
    ("InsurerNumber", "138057", "138057"),
    ("InstitutionCode", "1311111114", "1311111114"),
    ("MembershipText", "架空", "架空"),
    ("MembershipText", "１２－３", "１２－３"),
    ("BranchNumber", "00", "00"),
    ("BranchNumber", "5", "05"),
    ("PostalCode", "100-0001", "100-0001"),
    ("PostalCode", "1000001", "100-0001"),
    ("Ratio", "020", "020"),
    ("Yen", "10000", 10_000),
    ("Yen", 0, 0),
    ("Count", "0", 0),
    ("ShortText", " x ", " x "),
    ("ReferenceNumber", "あ" * 50, "あ" * 50),
    ("Name", "試験 有効", "試験　有効"),
    ("Name", "　試験　有効　", "試験　有効"),
    ("KanaName", "シケン　ユウコウ", "ｼｹﾝ ﾕｳｺｳ"),
    ("ItemCode", "9A755000000000001", "9A755000000000001"),
]

BAD: list[tuple[str, Any]] = [
    ("Day", "2026-11-30"),
    ("Day", "20261131"),
    ("Day", "00000101"),
    ("Day", "00010101"),
    ("Day", "02261130"),
    ("Day", "18671231"),
    ("Day", date(226, 11, 30)),
    ("Instant", "02261130235959"),
    ("Instant", datetime(226, 11, 30, 9, tzinfo=JAPAN)),
    ("Day", "２０２６１１３０"),
    ("Day", "202611300"),
    ("Day", "令和8年"),
    ("Day", ""),
    ("Day", 1),
    ("Instant", "20261130240000"),
    ("Instant", "20261130"),
    ("Instant", "2026113023595a"),
    ("Instant", datetime(2026, 11, 30, 9)),  # noqa: DTZ001 - an instant without its zone
    ("Month", "202613"),
    ("Month", "2026-11"),
    ("Month", "20261"),
    ("InsurerNumber", "1380571"),
    ("InsurerNumber", "138057  "),
    ("InsurerNumber", "   138057"),
    ("InsurerNumber", "１３８０５７"),
    ("InsurerNumber", "0138057a"),
    ("InsurerNumber", 138057),
    ("InsurerNumber", marks(30_000)),
    ("InstitutionCode", "131111111"),
    ("InstitutionCode", "13111111144"),
    ("InstitutionCode", "131111111a"),
    ("MembershipText", ""),
    ("MembershipText", "x" * 21),
    ("MembershipText", "－ －"),
    ("MembershipText", MY_NUMBER),
    ("MembershipText", "1234-5678-9018"),
    ("MembershipText", "a\x00"),
    ("BranchNumber", "100"),
    ("BranchNumber", "a"),
    ("PostalCode", "100-00011"),
    ("Ratio", "20"),
    ("Ratio", "20%"),
    ("Yen", "-1"),
    ("Yen", "1.5"),
    ("Yen", "1" * 10),
    ("Yen", True),
    ("Yen", 10**9),
    ("Count", "１"),
    ("ShortText", "   "),
    ("ShortText", "x" * 101),
    ("ShortText", "a\nb"),
    ("LongText", "x" * 201),
    ("LongText", "\ud800"),
    ("ReferenceNumber", "あ" * 51),
    ("Name", "　"),
    ("KanaName", " "),
    ("KanaName", "ｱ" * 401),
    ("KanaName", "ｱ" + marks(30_000)),
    ("ItemCode", "1" * 21),
]


def adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(getattr(values, name))


@pytest.mark.parametrize(
    ("name", "text", "value"), GOOD, ids=[f"{name}-{at}" for at, (name, *_) in enumerate(GOOD)]
)
def test_a_text_becomes_its_value_and_stays_it(name: str, text: Any, value: Any) -> None:
    read = adapter(name).validate_python(text)
    assert read == value
    assert adapter(name).validate_python(read) == value


@pytest.mark.parametrize(("name", "text"), BAD, ids=[f"{name}-{at}" for at, (name, _) in enumerate(BAD)])
def test_another_text_is_refused(name: str, text: Any) -> None:
    with pytest.raises(ValidationError):
        adapter(name).validate_python(text)


def test_every_type_has_good_and_bad_cases() -> None:
    formats = {name for name in vars(values) if hasattr(getattr(values, name), "__metadata__")}
    assert formats
    assert formats - {name for name, *_ in GOOD} <= {"LongText"}
    assert formats == {name for name, _ in BAD}


def test_a_my_number_has_a_fault_of_its_own() -> None:
    with pytest.raises(ValidationError) as caught:
        adapter("MembershipText").validate_python(MY_NUMBER)
    assert [fault["type"] for fault in caught.value.errors()] == ["my_number"]


@given(st.text(max_size=60))
def test_any_text_is_accepted_or_refused(text: str) -> None:
    for name in ("Day", "Instant", "Month", "InsurerNumber", "BranchNumber", "Yen", "Name", "KanaName"):
        try:
            read = adapter(name).validate_python(text)
        except ValidationError:
            continue
        assert adapter(name).validate_python(read) == read, name
