"""Each rule version answers by its own rules, whatever the present ones are."""

from __future__ import annotations

import pytest

from eligibility_api.contract.codes import Validity
from eligibility_api.domain import eligibility
from eligibility_api.domain.rule_versions import RULES
from eligibility_api.domain.version_2 import eligibility as version_2
from tests.unit.eligibility_api.domain.members import KEY, TODAY, by_card, insured

READING = by_card(insured(1, lost_on=TODAY), rule_version=2)


def test_the_versions_are_those_whose_rules_are_kept() -> None:
    assert sorted(RULES) == [2, eligibility.RULE_VERSION]
    assert eligibility.RULE_VERSION == 3


@pytest.mark.parametrize(("version", "rules"), [(2, version_2), (3, eligibility)])
def test_a_version_answers_by_its_own_rules(version: int, rules: object) -> None:
    answer = rules.answer  # type: ignore[attr-defined]
    assert RULES[version].answer(READING, KEY) == answer(READING, version_key=KEY)
    assert RULES[version].validity(READING) is Validity.INVALID
