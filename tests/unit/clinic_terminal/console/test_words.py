"""Every value that the fund may send has words in both languages."""

import pytest

from clinic_terminal.console import words
from eligibility_api.contract.codes import ReasonOfLoss, Relationship, Sex, Validity
from eligibility_api.contract.errors import Kind


@pytest.mark.parametrize(
    ("codes", "table"),
    [
        (Validity, words.VALIDITY),
        (Kind, words.PROBLEM),
        (ReasonOfLoss, words.REASON_OF_LOSS),
        (Relationship, words.RELATIONSHIP),
        (Sex, words.SEX),
    ],
)
def test_no_code_is_without_words(codes: type, table: dict[object, object]) -> None:
    assert set(table) == set(codes)  # type: ignore[call-overload]
