"""What was typed of a prescription, as the interface's requests."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from clinic_terminal.pages.history.typed_entry import (
    MAX_LINES,
    TypedEntry,
    TypedLine,
    Untypable,
    kinds_of,
    of_prescription,
    read,
    usage_of,
)
from eligibility_api.contract.codes import Role
from eligibility_api.contract.history import Origin
from tests.builders.clinic import histories, samples

RECORD = UUID(samples.RECORD)
LINE = TypedLine("620000001", "21", "1", "", "14")


def typed(*lines: TypedLine, **changes: Any) -> TypedEntry:
    return TypedEntry(
        **{"kind": Origin.PRESCRIPTION, "day": "2026-04-01", "lines": lines or (LINE,)} | changes
    )


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        ("", None, ""),
        ("006", "006", "朝食後"),
        ("００６", "006", "朝食後"),
        ("朝食後", "006", "朝食後"),
        ("痛むとき", None, "痛むとき"),
        ("９００", "900", "900"),
    ],
)
def test_a_usage_is_a_code_a_name_or_a_text(text: str, code: str | None, shown: str) -> None:
    [medicine] = read(typed(LINE._replace(usage=text)), RECORD, None).medicines
    assert medicine.usage_code == code
    assert usage_of(medicine) == shown
    assert medicine.usage == (text if code is None and text else None)


def test_empty_lines_between_are_left_out_and_a_fault_names_its_own_line() -> None:
    entry = read(typed(TypedLine(), LINE, TypedLine(act="23"), LINE), RECORD, None)
    assert len(entry.medicines) == len(entry.check.medicines) == 2
    with pytest.raises(Untypable) as caught:
        read(typed(LINE, TypedLine(), LINE._replace(code="1")), RECORD, None)
    assert caught.value.field == "code-2"


def test_a_wrong_kind_of_act_is_a_fault() -> None:
    with pytest.raises(Untypable) as caught:
        read(typed(LINE._replace(act="99")), RECORD, None)
    assert caught.value.field == "act-0"


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        (Role.DOCTOR, (Origin.PRESCRIPTION, Origin.ON_SITE)),
        (Role.DENTIST, (Origin.PRESCRIPTION, Origin.ON_SITE)),
        (Role.PHARMACIST, (Origin.DISPENSING,)),
        (Role.RECEPTION, ()),
    ],
)
def test_a_role_has_the_kinds_that_the_fund_lets_it_record(role: Role, kinds: tuple[Origin, ...]) -> None:
    assert kinds_of(role) == kinds


def test_a_row_without_quantity_or_times_leaves_a_field_to_fill() -> None:
    row = histories.medicine(
        origin=Origin.PRESCRIPTION, act=None, quantity=None, usage=None, usage_code=None, times=None
    )
    [line] = of_prescription([row], date(2026, 4, 1)).lines
    assert line == TypedLine("990000101", "21", "", "", "", "")
    assert not line.is_empty


def test_a_long_prescription_fills_as_many_lines_as_the_form_has() -> None:
    rows = [histories.medicine(place, origin=Origin.PRESCRIPTION) for place in range(1, MAX_LINES + 5)]
    assert len(of_prescription(rows, date(2026, 4, 1)).lines) == MAX_LINES
