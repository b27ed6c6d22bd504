"""Every code of the interface has texts, and every headline belongs to the table of outcomes."""

from clinic_terminal.console import texts
from clinic_terminal.queries.membership import MEMBERSHIP_FIELDS
from eligibility_api.contract.emergency import DisasterSearch


def test_each_field_of_a_membership_has_a_label() -> None:
    assert tuple(texts.MEMBERSHIP_FIELD) == MEMBERSHIP_FIELDS


def test_each_label_of_a_search_belongs_to_a_field() -> None:
    assert set(texts.SEARCH_FIELD) <= set(DisasterSearch.model_fields)
