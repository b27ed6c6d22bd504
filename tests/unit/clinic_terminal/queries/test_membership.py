"""Parsing typed input."""

from __future__ import annotations

from datetime import date

import pytest

from clinic_terminal.queries.membership import parse_request
from eligibility_api.contract.batches import BatchRow
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery
from tests.builders.clinic.samples import MEMBERSHIP


def test_full_width_digits_are_folded_in_digit_fields_only() -> None:
    typed = {
        "insurer_number": " ０１１３００１２ ",
        "symbol": "１２－３",
        "number": " 345　",
        "branch": "０",
        "birth_date": "昭和55年2月3日",
    }
    asked = parse_request(MembershipQuery, typed)
    assert asked.insurer_number == "01130012"
    assert (asked.symbol, asked.number, asked.branch) == ("１２－３", "345", "00")
    assert asked.birth_date == date(1980, 2, 3)


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_symbol_or_branch_is_none(empty: str | None) -> None:
    asked = parse_request(MembershipQuery, MEMBERSHIP | {"symbol": empty, "branch": empty})
    assert (asked.symbol, asked.branch) == (None, None)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"insurer_number": "01130013"}, ("insurer_number", "insurer_number")),
        ({"number": ""}, ("number", "missing")),
        ({"number": "x" * 21}, ("number", "string_too_long")),
        ({"branch": "100"}, ("branch", "branch")),
        ({"birth_date": "yesterday"}, ("birth_date", "day")),
        ({"birth_date": 5}, ("birth_date", "day")),
        ({"架空": "花子"}, ("(unknown member)", "extra_forbidden")),
    ],
)
def test_an_error_names_place_and_rule_and_never_the_value(
    changes: dict[str, object], fault: tuple[str, str]
) -> None:
    with pytest.raises(ShikakuError) as caught:
        parse_request(MembershipQuery, MEMBERSHIP | changes)
    assert caught.value.code == "request-invalid"
    place, rule = fault
    assert caught.value.details == {"errors": [{"place": place, "rule": rule}]}


@pytest.mark.parametrize("field", ["insurer_number", "symbol", "number", "branch"])
def test_a_my_number_is_refused_before_anything_is_sent(field: str) -> None:
    with pytest.raises(ShikakuError) as caught:
        parse_request(MembershipQuery, MEMBERSHIP | {field: "1234 5678 9018"})
    assert caught.value.code == "my-number-refused"


def test_other_requests_are_parsed_alike() -> None:
    row = parse_request(BatchRow, MEMBERSHIP | {"tag": "A-17", "known_version": None})
    assert (row.tag, row.known_version, row.branch) == ("A-17", None, "00")
