"""Validation of one row of a member file."""

from datetime import date

import pytest

from eligibility_api.contract.codes import ReasonOfLoss
from payer_mock.members.member import Member, read_member
from payer_mock.members.table import Fault, Row
from tests.unit.payer_mock.builders import LEFT, row


def member(**changes: str) -> Member:
    read = read_member(row(**changes))
    assert isinstance(read, Member)
    return read


def test_a_row_without_lost_on_has_no_end() -> None:
    read = member()
    assert read.joining.acquired_on == date(2020, 4, 1)
    assert read.leaving is None


def test_a_row_with_lost_on_gives_an_enrolment_without_it_and_an_end() -> None:
    read = member(**LEFT)
    assert (read.joining.lost_on, read.joining.reason_of_loss) == (None, None)
    assert read.leaving is not None
    assert read.leaving.lost_on == date(2026, 3, 1)
    assert read.leaving.reason_of_loss is ReasonOfLoss.OTHER_INSURANCE
    assert read.leaving.birth_date == read.joining.birth_date


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"insurer_number": "01130013"}, [("insurer_number", "insurer_number")]),
        ({"insurer_number": ""}, [("insurer_number", "missing")]),
        ({"number": "123456789018"}, [("number", "my-number-refused")]),
        ({"symbol": "１２３４-５６７８-９０１８"}, [("symbol", "my-number-refused")]),
        ({"branch": "000"}, [("branch", "branch")]),
        ({"relationship": "3"}, [("relationship", "enum")]),
        ({"sex": "F", "name": ""}, [("name", "missing"), ("sex", "enum")]),
        ({"name": "架\udc81空"}, [("name", "string_unicode")]),
        ({"postal_code": "000000"}, [("postal_code", "postal_code")]),
        ({"birth_date": "1980-02-30"}, [("birth_date", "date_from_datetime_parsing")]),
        ({"birth_date": "800203"}, [("birth_date", "day")]),
        ({"birth_date": "20217600"}, [("birth_date", "day")]),
        (
            {"acquired_on": "2020-04-01T00:00:00", "lost_on": "S64.3.1"},
            [("acquired_on", "day"), ("lost_on", "day")],
        ),
        ({"lost_on": "2026-03-01"}, [("reason_of_loss", "reason_of_loss")]),
        ({"reason_of_loss": "03"}, [("reason_of_loss", "reason_of_loss")]),
        (LEFT | {"lost_on": "2020-04-01"}, [("lost_on", "enrolment-period")]),
        ({"certificate_kind": "99"}, [("certificate_kind", "enum")]),
        ({"disease_3": "1"}, [("disease_3_valid_from", "missing"), ("disease_3_valid_to", "missing")]),
        ({"burden_ratio": "1" * 5_000}, [("burden_ratio", "literal_error")]),
        ({"name_kana": "\u3000"}, [("name_kana", "kana")]),
    ],
)
def test_faults_of_a_bad_row_name_column_and_rule(
    changes: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    assert read_member(row(7, **changes)) == [Fault(7, column, code) for column, code in faults]


def test_an_invalid_line_keeps_its_fault() -> None:
    fault = Fault(7, None, "csv")
    assert read_member(Row(7, {}, fault)) == [fault]
