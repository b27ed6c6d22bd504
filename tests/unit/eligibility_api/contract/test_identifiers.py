"""An identifier is a value, not its text: every spelling of one value agrees, and different values differ (rule R1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eligibility_api.contract import identifiers
from eligibility_api.contract.identifiers import (
    INSURANCE_LAWS,
    PUBLIC_EXPENSE_LAWS,
    IdentifierFault,
    UnreadableIdentifier,
    branch,
    institution_code,
    insurer_number,
    membership_key,
    payer_number,
    postal_code,
    recipient_number,
)
from eligibility_api.contract.numbers import check_digit

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
SEPARATORS = ("", " ", "\u3000", "-", "‐", "−", "－", "ー", "ｰ", "\u200b", "\ufeff", "\t")
PREFECTURES = st.integers(1, 47).map("{:02d}".format)


def checked(body: str) -> str:
    return f"{body}{check_digit(body)}"


national = st.tuples(PREFECTURES, st.from_regex(r"\A[0-9]{3}\Z")).map(lambda parts: checked("".join(parts)))
of_a_law = st.tuples(
    st.sampled_from(sorted(INSURANCE_LAWS | {"12"})), PREFECTURES, st.from_regex(r"\A[0-9]{3}\Z")
).map(lambda parts: checked("".join(parts)))
payers = st.tuples(
    st.sampled_from(sorted(PUBLIC_EXPENSE_LAWS)), PREFECTURES, st.from_regex(r"\A[0-9]{3}\Z")
).map(lambda parts: checked("".join(parts)))
insurers = national | of_a_law
recipients = st.from_regex(r"\A[0-9]{6}\Z").map(checked)
codes = st.tuples(PREFECTURES, st.sampled_from("1346"), st.from_regex(r"\A[0-9]{6}\Z")).map(
    lambda parts: checked("".join(parts))
)
branches = st.from_regex(r"\A[0-9]{2}\Z")
postal_codes = st.from_regex(r"\A[0-9]{3}-[0-9]{4}\Z")

READERS: dict[str, tuple[Callable[[str], str], st.SearchStrategy[str]]] = {
    "insurer": (insurer_number, insurers),
    "payer": (payer_number, payers),
    "recipient": (recipient_number, recipients),
    "institution": (institution_code, codes),
    "branch": (branch, branches),
    "postal code": (postal_code, postal_codes),
}


def spelled(draw: st.DrawFn, value: str) -> str:
    """Another way of writing the digits of `value`: any width, separators between and around them."""
    parts = [digit.translate(WIDE) if draw(st.booleans()) else digit for digit in value]
    return "".join(
        [*(draw(st.sampled_from(SEPARATORS)) + part for part in parts), draw(st.sampled_from(SEPARATORS))]
    )


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
def test_every_spelling_of_a_value_agrees_and_the_canonical_form_stays(
    kind: str, data: st.DataObject
) -> None:
    read, values = READERS[kind]
    value = data.draw(values)
    written = data.draw(st.composite(spelled)(value))
    assert read(value) == value
    assert read(written) == value


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
def test_different_values_differ(kind: str, data: st.DataObject) -> None:
    read, values = READERS[kind]
    first, second = data.draw(values), data.draw(values)
    assume(first != second)
    assert read(data.draw(st.composite(spelled)(first))) != read(data.draw(st.composite(spelled)(second)))


@pytest.mark.parametrize("kind", READERS)
@given(text=st.text(max_size=80) | st.text("0123456789０１２-ー ", max_size=14))
def test_any_text_is_a_canonical_value_or_refused(kind: str, text: str) -> None:
    read, _ = READERS[kind]
    try:
        value = read(text)
    except UnreadableIdentifier:
        return
    assert read(value) == value
    assert value.isascii()


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("138057", "138057"),
        ("00138057", "138057"),
        ("  138057", "138057"),
        ("138057  ", "138057"),
        ("１３８０５７", "138057"),
        ("００１３８０５７", "138057"),
        ("13-8057", "138057"),
        ("06130017", "06130017"),
        ("0613 0017", "06130017"),
        ("12143210", "12143210"),
        ("39131008", "39131008"),
        ("00010017", "010017"),
        ("33120015\n", "33120015"),
    ],
)
def test_zeros_and_spaces_that_fill_an_insurer_number_do_not_matter(written: str, number: str) -> None:
    assert insurer_number(written) == number
    assert insurer_number(written, lost_zeros=True) == number


@given(insurers)
def test_a_national_number_filled_up_to_eight_is_the_same(number: str) -> None:
    assert insurer_number(number.zfill(8)) == number
    assert insurer_number(f"{number:>8}") == number


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("", IdentifierFault.FORM),
        ("0", IdentifierFault.FORM),
        ("1130012", IdentifierFault.FORM),
        ("10017", IdentifierFault.FORM),
        ("0138057", IdentifierFault.FORM),
        ("000138057", IdentifierFault.FORM),
        ("033120015", IdentifierFault.FORM),
        ("٣٣١٢٠٠١٥", IdentifierFault.FORM),
        ("3312001⁵", IdentifierFault.FORM),
        ("①38057", IdentifierFault.FORM),
        ("3312001x", IdentifierFault.FORM),
        ("06139999", IdentifierFault.CHECK_DIGIT),
        ("33120016", IdentifierFault.CHECK_DIGIT),
        ("138058", IdentifierFault.CHECK_DIGIT),
        ("51136018", IdentifierFault.LAW),
        ("54136015", IdentifierFault.LAW),
        (checked("9913000"), IdentifierFault.LAW),
        (checked("0513000"), IdentifierFault.LAW),
        ("000000", IdentifierFault.PREFECTURE),
        ("00000000", IdentifierFault.PREFECTURE),
        (checked("48001"), IdentifierFault.PREFECTURE),
        (checked("0600001"), IdentifierFault.PREFECTURE),
        (checked("0648001"), IdentifierFault.PREFECTURE),
        ("123456789018", IdentifierFault.MY_NUMBER),
        ("1234-5678-9018", IdentifierFault.MY_NUMBER),
        ("１２３４５６７８９０１８", IdentifierFault.MY_NUMBER),
        ("0" * 65, IdentifierFault.TOO_LONG),
        (" " * 60 + "138057", IdentifierFault.TOO_LONG),
    ],
)
def test_what_cannot_be_an_insurer_is_refused_with_its_reason(number: str, fault: IdentifierFault) -> None:
    with pytest.raises(UnreadableIdentifier) as refusal:
        insurer_number(number)
    assert refusal.value.fault is fault


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1130012", "01130012"),
        ("10017", "010017"),
        ("6130017", "06130017"),
        ("138057", "138057"),
        ("0138057", "138057"),
    ],
)
def test_the_zeros_that_a_spreadsheet_takes_are_restored(written: str, number: str) -> None:
    assert insurer_number(written, lost_zeros=True) == number


@given(insurers)
def test_only_one_number_can_have_lost_its_zeros(number: str) -> None:
    assert insurer_number(str(int(number)), lost_zeros=True) == number


@pytest.mark.parametrize("read", [recipient_number, institution_code])
def test_lost_zeros_are_restored_on_request_only(read: Callable[..., str]) -> None:
    number = {recipient_number: "0000018", institution_code: "0110113719"}[read]
    short = number.lstrip("0")
    assert read(short, lost_zeros=True) == number
    with pytest.raises(UnreadableIdentifier) as refusal:
        read(short)
    assert refusal.value.fault is IdentifierFault.FORM


@pytest.mark.parametrize(
    ("read", "text", "fault"),
    [
        (payer_number, "12143210", None),
        (payer_number, "54136015", None),
        (payer_number, checked("8013001"), None),
        (payer_number, "51136018", None),
        (payer_number, "138057", IdentifierFault.FORM),
        (payer_number, "06130017", IdentifierFault.LAW),
        (payer_number, checked("2713000"), IdentifierFault.LAW),
        (payer_number, "54136016", IdentifierFault.CHECK_DIGIT),
        (payer_number, "123456789018", IdentifierFault.MY_NUMBER),
        (recipient_number, "1234566", None),
        (recipient_number, "1234565", IdentifierFault.CHECK_DIGIT),
        (recipient_number, "123456", IdentifierFault.FORM),
        (recipient_number, "12345667", IdentifierFault.FORM),
        (institution_code, "0110113719", None),
        (institution_code, "1311111114", None),
        (institution_code, "0110113710", IdentifierFault.CHECK_DIGIT),
        (institution_code, "110113719", IdentifierFault.FORM),
        (institution_code, checked("481111111"), IdentifierFault.PREFECTURE),
        (institution_code, checked("001111111"), IdentifierFault.PREFECTURE),
        (institution_code, checked("132111111"), IdentifierFault.FEE_TABLE),
        (branch, "00", None),
        (branch, "", IdentifierFault.FORM),
        (branch, "001", IdentifierFault.FORM),
        (branch, "0a", IdentifierFault.FORM),
        (postal_code, "100-0001", None),
        (postal_code, "100-001", IdentifierFault.FORM),
        (postal_code, "10〒0-0001", IdentifierFault.FORM),
    ],
)
def test_each_number_has_its_rule(
    read: Callable[[str], str], text: str, fault: IdentifierFault | None
) -> None:
    if fault is None:
        assert read(text) == text
        return
    with pytest.raises(UnreadableIdentifier) as refusal:
        read(text)
    assert refusal.value.fault is fault


@pytest.mark.parametrize(
    ("written", "found"), [("1", "01"), ("１", "01"), (" 1 ", "01"), ("０９", "09"), ("0-1", "01")]
)
def test_a_branch_has_two_digits(written: str, found: str) -> None:
    assert branch(written) == found


@pytest.mark.parametrize(
    "written", ["100-0001", "1000001", "〒100-0001", "１００－０００１", " 〒 100ー0001"]
)
def test_a_postal_code_has_one_form(written: str) -> None:
    assert postal_code(written) == "100-0001"


@pytest.mark.parametrize(
    ("number", "law"),
    [("12143210", "12"), ("39131008", "39"), ("01130012", "01"), ("138057", None), ("390013", None)],
)
def test_a_number_of_eight_digits_begins_with_its_law(number: str, law: str | None) -> None:
    assert identifiers.law_of(number) == law
    assert identifiers.is_welfare_office(number) is (law == "12")
    assert identifiers.is_late_elderly(number) is (law == "39")


def test_the_laws_are_those_of_the_published_lists() -> None:
    """OQS 12; what prefectures number themselves is an assumption, named in the divergences."""
    assert sorted(INSURANCE_LAWS) == [
        "01",
        "02",
        "03",
        "04",
        "06",
        "07",
        "31",
        "32",
        "33",
        "34",
        "39",
        "63",
        "67",
        "72",
        "73",
        "74",
        "75",
    ]
    assert {"12", "15", "16", "21", "51", "52", "54"} <= PUBLIC_EXPENSE_LAWS
    assert not INSURANCE_LAWS & PUBLIC_EXPENSE_LAWS
    assert all(len(law) == 2 and law.isdigit() for law in INSURANCE_LAWS | PUBLIC_EXPENSE_LAWS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("見本１２", "見本12"),
        ("ＡＢ-1", "ab1"),
        ("ｶ゛", "ガ"),
        ("カ゛", "カ\u3099"),
        ("は゜", "ぱ"),
        ("1ー2", "12"),
        ("見\u200b本\u00a0１", "見本1"),
        ("A\u00ad1\ufeff", "a1"),
    ],
)
def test_spellings_of_one_symbol_agree(one: str, other: str) -> None:
    assert membership_key(one) == membership_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("012", "12"),
        ("サービス", "サビス"),
        ("い", "イ"),
        ("A・1", "A1"),
        ("ß", "SS"),
        ("か", "が"),
        ("1/2", "12"),
    ],
)
def test_different_symbols_differ(one: str, other: str) -> None:
    assert membership_key(one) != membership_key(other)


@given(st.text(max_size=20))
def test_a_symbols_key_is_idempotent_and_knows_no_width_or_case(text: str) -> None:
    key = membership_key(text)
    assert membership_key(key) == key
    assert membership_key(unicodedata.normalize("NFKC", text)) == key
    assert not any("a" <= character <= "z" for character in key)
