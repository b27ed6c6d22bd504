"""A search in a disaster names all items of a person or a membership, and never both."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from eligibility_api.contract import examples
from eligibility_api.contract.emergency import DisasterPermitRequest, DisasterSearch

ITEMS: dict[str, Any] = {
    "name": "試験　見本",
    "name_kana": "シケン　ミホン",
    "birth_date": "1980-05-17",
    "sex": "2",
    "address": "架空県見本市1-2-3",
}
MEMBERSHIP = examples.MEMBERSHIP_KEY
OTHERS = {
    name: value for name, value in examples.DISASTER_SEARCH.items() if name not in {*ITEMS, "membership"}
}
COMBINATIONS = [
    (frozenset(name for name, given in zip(ITEMS, chosen, strict=True) if given), with_membership)
    for *chosen, with_membership in product((True, False), repeat=len(ITEMS) + 1)
]


def is_complete(items: frozenset[str], with_membership: bool) -> bool:
    """The rule in other words: one of the names and all other items, or a membership alone."""
    if with_membership:
        return not items
    return items >= {"birth_date", "sex", "address"} and bool(items & {"name", "name_kana"})


def test_every_combination_is_accepted_or_rejected_by_the_rule() -> None:
    accepted = []
    for items, with_membership in COMBINATIONS:
        body = OTHERS | {name: ITEMS[name] for name in items}
        body |= {"membership": MEMBERSHIP} if with_membership else {}
        with suppress(ValidationError):
            DisasterSearch.model_validate(body)
            accepted.append((items, with_membership))
    assert accepted == [case for case in COMBINATIONS if is_complete(*case)]
    assert len(accepted) == 4


@pytest.mark.parametrize("consent", ["", "written", "not-possible", None, ...])
def test_the_patient_agreed_orally_or_was_unconscious(consent: Any) -> None:
    body = {name: value for name, value in examples.DISASTER_PERMIT.items() if name != "consent"}
    for stated in ("oral", "unconscious"):
        assert DisasterPermitRequest.model_validate(body | {"consent": stated}).consent == stated
    with pytest.raises(ValidationError):
        DisasterPermitRequest.model_validate(body if consent is ... else body | {"consent": consent})
