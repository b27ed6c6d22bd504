"""The rules for fields of claims: what each accepts at its bounds, and with which code it rejects the rest."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.claims.reading.faults import BadValue
from eligibility_api.claims.reading.values import (
    QUANTITY,
    Field,
    Rule,
    day_counts,
    digits,
    insurer,
    is_present,
    membership,
    modifiers,
    number,
    one_of,
    payer,
    raw,
    recipient,
    text_up_to,
)
from eligibility_api.contract.claims import ClaimsFault

CODE, NUMBER, MY_NUMBER = ClaimsFault.CODE, ClaimsFault.NUMBER, ClaimsFault.MY_NUMBER
FIELDS = ClaimsFault.FIELDS
INSURER = insurer

ACCEPTED: list[tuple[str, Rule, str, Any]] = [
    ("digits", digits(9), "000000000", "000000000"),
    ("digits", digits(1, 3), "1", "1"),
    ("digits", digits(1, 3), "012", "012"),
    ("number", number(3), "0", 0),
    ("number", number(3), "007", 7),
    ("number", number(3), "999", 999),
    ("one of", one_of("13"), "3", "3"),
    ("text", text_up_to(4), "abcd", "abcd"),
    ("text", text_up_to(4), "見本", "見本"),
    ("text", text_up_to(4), "ｼｹﾝａ"[:2], "ｼｹ"),
    ("text", text_up_to(9), " 　見本　", "見本"),
    ("text", text_up_to(4), "　　", None),
    ("insurer", INSURER, "01130012", "01130012"),
    ("insurer", INSURER, "  138057", "138057"),
    ("insurer", INSURER, "00138057", "138057"),
    ("insurer", INSURER, "０１１３００１２", "01130012"),
    ("insurer", INSURER, "　", None),
    ("recipient", recipient, "1234566", "1234566"),
    ("recipient", recipient, "１２３４５６６", "1234566"),
    ("payer", payer, "54136015", "54136015"),
    ("raw", raw, " 5413601x　", "5413601x"),
    ("raw", raw, "9" * 500, "9" * 129),
    ("raw", raw, "　 ", None),
    ("present", is_present, "many", True),
    ("membership", membership, "見本", "見本"),
    ("membership", membership, "１２-３４", "１２-３４"),
    ("membership", membership, " 00-1 ", "00-1"),
    ("membership", membership, "a" * 38, "a" * 38),
    ("membership", membership, "見" * 19, "見" * 19),
    ("membership", membership, "123456789010", "123456789010"),
    ("membership", membership, "  ", None),
    ("days", day_counts, "", ()),
    ("days", day_counts, "1", ((1, 1),)),
    ("days", day_counts, ",,3,0,000,010", ((3, 3), (6, 10))),
    ("days", day_counts, "," * 30 + "999", ((31, 999),)),
    ("quantity", QUANTITY, "0", "0"),
    ("quantity", QUANTITY, "12345678.12345", "12345678.12345"),
    ("quantity", QUANTITY, "007.50", "007.50"),
    ("modifiers", modifiers, "80020001", ("8002", "0001")),
    ("modifiers", modifiers, "1234" * 20, ("1234",) * 20),
]


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [case[1:] for case in ACCEPTED],
    ids=[f"{case[0]}-{case[2]!r}" for case in ACCEPTED],
)
def test_a_text_within_its_rule_becomes_its_value(rule: Rule, text: str, value: object) -> None:
    assert rule(text) == value


REJECTED: list[tuple[str, Rule, str, ClaimsFault]] = [
    ("digits", digits(9), "00000000", CODE),
    ("digits", digits(9), "0000000000", CODE),
    ("digits", digits(9), "00000000٣", CODE),
    ("digits", digits(9), "０００００００００", CODE),
    ("digits", digits(9), "000000000\n", CODE),
    ("number", number(3), "1000", NUMBER),
    ("number", number(3), "-1", NUMBER),
    ("number", number(3), "1.0", NUMBER),
    ("number", number(3), " 1", NUMBER),
    ("number", number(3), "³", NUMBER),
    ("one of", one_of("13"), "13", CODE),
    ("one of", one_of("13"), "１", CODE),
    ("text", text_up_to(4), "abcde", CODE),
    ("text", text_up_to(4), "見本a", CODE),
    ("text", text_up_to(4), "     ", CODE),
    ("insurer", INSURER, "01130013", NUMBER),
    ("insurer", INSURER, "0113001", NUMBER),
    ("insurer", INSURER, "0138057", NUMBER),
    ("insurer", INSURER, "0" * 100, NUMBER),
    ("insurer", INSURER, "123456789018", MY_NUMBER),
    ("insurer", INSURER, "１２３４　５６７８　９０１８", MY_NUMBER),
    ("recipient", recipient, "123456", NUMBER),
    ("recipient", recipient, "12345678", NUMBER),
    ("recipient", recipient, "１２３４５６７", NUMBER),
    ("recipient", recipient, "1" * 129, NUMBER),
    ("payer", payer, "54136016", NUMBER),
    ("payer", payer, "138057", NUMBER),
    ("payer", payer, "123456789018", MY_NUMBER),
    ("recipient", recipient, "1234-5678-9018", MY_NUMBER),
    ("membership", membership, "-", CODE),
    ("membership", membership, "‐ー－"[:1], CODE),
    ("membership", membership, "a" * 39, CODE),
    ("membership", membership, "見" * 19 + "a", CODE),
    ("membership", membership, "123456789018", MY_NUMBER),
    ("membership", membership, "1234 5678 9018", MY_NUMBER),
    ("membership", membership, "１２３４－５６７８－９０１８", MY_NUMBER),
    ("days", day_counts, "," * 31, FIELDS),
    ("days", day_counts, "1000", NUMBER),
    ("days", day_counts, "1,x", NUMBER),
    ("days", day_counts, "1, 1", NUMBER),
    ("days", day_counts, "１", NUMBER),
    ("quantity", QUANTITY, "", NUMBER),
    ("quantity", QUANTITY, "123456789", NUMBER),
    ("quantity", QUANTITY, "1.123456", NUMBER),
    ("quantity", QUANTITY, "1.", NUMBER),
    ("quantity", QUANTITY, ".5", NUMBER),
    ("quantity", QUANTITY, "1e3", NUMBER),
    ("quantity", QUANTITY, "-1", NUMBER),
    ("modifiers", modifiers, "800", CODE),
    ("modifiers", modifiers, "80020", CODE),
    ("modifiers", modifiers, "８００２", CODE),
    ("modifiers", modifiers, "1234" * 21, CODE),
]


@pytest.mark.parametrize(
    ("rule", "text", "code"),
    [case[1:] for case in REJECTED],
    ids=[f"{case[0]}-{case[2]!r}" for case in REJECTED],
)
def test_a_text_beyond_its_rule_is_rejected_with_its_code(rule: Rule, text: str, code: ClaimsFault) -> None:
    with pytest.raises(BadValue) as rejected:
        rule(text)
    assert rejected.value.code is code
    assert text.strip() not in str(rejected.value) or not text.strip()


@pytest.mark.parametrize(("text", "part"), [("x", (0, "x")), (",,1000", (2, "1000")), ("1,,,-,y", (3, "-"))])
def test_of_the_days_the_first_faulty_field_is_named(text: str, part: tuple[int, str]) -> None:
    with pytest.raises(BadValue) as rejected:
        day_counts(text)
    assert rejected.value.part == part


@pytest.mark.parametrize(("text", "required"), [("", True), ("　", True), ("見本", True), ("", False)])
def test_a_required_field_needs_a_value_not_only_a_text(text: str, required: bool) -> None:
    field = Field(text_up_to(40), required=required)
    if required and not text.strip():
        with pytest.raises(BadValue, match="required"):
            field[text]
    else:
        assert field[text] == (text or None)


def test_an_empty_field_is_absent_whatever_its_rule() -> None:
    assert [Field(rule)[""] for rule in (digits(9), number(3), QUANTITY, one_of("1"))] == [None] * 4


def test_a_rejected_text_is_rejected_again_and_not_remembered() -> None:
    field = Field(number(3))
    for _ in range(2):
        with pytest.raises(BadValue):
            field["x"]
    assert not field


RULES = [
    digits(9), number(3), one_of("13"), text_up_to(40), INSURER, payer, recipient, raw, is_present, membership, day_counts, QUANTITY, modifiers,
]  # fmt: skip
decoded = st.binary(max_size=60).map(lambda content: content.decode("cp932", "ignore"))
texts = decoded | st.text("0123456789,.- １２－", max_size=50)


@given(rule=st.sampled_from(RULES), text=texts)
def test_any_text_of_a_file_is_accepted_or_rejected_by_a_code(rule: Rule, text: str) -> None:
    with suppress(BadValue):
        rule(text)


@given(counts=st.lists(st.integers(0, 999) | st.none(), max_size=31))
def test_the_days_with_a_count_are_kept_with_their_days(counts: list[int | None]) -> None:
    text = ",".join("" if count is None else str(count) for count in counts)
    assert day_counts(text) == tuple((day, count) for day, count in enumerate(counts, 1) if count)
