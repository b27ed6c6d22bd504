"""Every value that the fund may send has words in both languages."""

import pytest

from clinic_terminal.console import code_words, headlines, words
from clinic_terminal.desk.appointments import Standing
from clinic_terminal.desk.membership import FIELDS
from eligibility_api.contract import codes
from eligibility_api.contract.errors import CATALOGUE, ErrorKind


@pytest.mark.parametrize(
    ("known", "table"),
    [
        (codes.Validity, headlines.VALIDITY),
        (ErrorKind, headlines.PROBLEM),
        (Standing, headlines.STANDING),
        (codes.ReasonOfLoss, code_words.REASON_OF_LOSS),
        (codes.Relationship, code_words.RELATIONSHIP),
        (codes.Sex, code_words.SEX),
        (codes.CertificateKind, code_words.CERTIFICATE),
        (codes.LimitCertificateKind, code_words.LIMIT_CERTIFICATE),
        (codes.LimitClass, code_words.LIMIT_CLASS),
        (codes.SpecificDisease, code_words.SPECIFIC_DISEASE),
        (codes.TicketType, code_words.TICKET),
        (codes.TicketTreatment, code_words.TREATMENT),
        (codes.SingleOrCombined, code_words.COMBINED),
    ],
)
def test_no_code_is_without_words(known: type, table: dict[object, object]) -> None:
    assert set(table) == set(known)  # type: ignore[call-overload]


def test_each_field_of_a_membership_is_asked_for() -> None:
    assert tuple(words.MEMBERSHIP_FIELD) == FIELDS


def test_a_headline_of_its_own_belongs_to_a_code_of_the_catalogue() -> None:
    assert set(headlines.PROBLEM_BY_CODE) <= set(CATALOGUE)
