"""Claims as values: the identity of versions of one claim (H2), and that a stored content comes back unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.claims import ClaimKind
from eligibility_api.contract.history import CareSetting
from eligibility_api.domain.claims import (
    Act,
    Claim,
    Content,
    Disease,
    Drug,
    Member,
    content_of,
    decode,
    encode,
)

MEMBER = Member(
    insurer_number="01130012", symbol="見本・１", number="１２３", branch="01", birth_date=date(1980, 5, 17)
)
CONTENT = Content("架空診療所", None, None, (), (), ())
CLAIM = Claim(
    kind=ClaimKind.MEDICAL,
    setting=CareSetting.OUTPATIENT,
    institution_code="1311111114",
    claim_month=date(2026, 5, 1),
    treatment_month=date(2026, 4, 1),
    member=MEMBER,
    content=CONTENT,
)

texts = st.text(max_size=12)
some_days = st.dates(min_value=date(1868, 1, 1), max_value=date(2199, 12, 31))
optional = st.none() | texts
day_counts = st.lists(st.tuples(st.integers(1, 31), st.integers(1, 99)), max_size=3).map(tuple)
times = st.none() | st.integers(0, 999)
drugs = st.builds(
    Drug, texts, optional, optional, times, day_counts, st.none() | some_days, st.none() | some_days, optional,
    optional, optional,
)  # fmt: skip
acts = st.builds(Act, texts, optional, optional, times, day_counts)
diseases = st.builds(
    Disease,
    texts,
    optional,
    st.lists(texts, max_size=3).map(tuple),
    st.none() | some_days,
    optional,
    st.booleans(),
)
contents = st.builds(
    Content,
    optional,
    optional,
    optional,
    *(st.lists(of, max_size=3).map(tuple) for of in (drugs, acts, diseases)),
)


@given(contents)
def test_a_content_comes_back_from_text_and_from_a_decoded_value(content: Content) -> None:
    stored = encode(content)
    assert decode(stored) == content
    assert decode(json.loads(stored)) == content


@given(content=contents, kinds=st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_only_the_requested_kinds_of_lines_are_decoded(
    content: Content, kinds: tuple[bool, bool, bool]
) -> None:
    with_drugs, with_acts, with_diseases = kinds
    found = content_of(json.loads(encode(content)), drugs=with_drugs, acts=with_acts, diseases=with_diseases)
    assert found == content._replace(
        drugs=content.drugs if with_drugs else (),
        acts=content.acts if with_acts else (),
        diseases=content.diseases if with_diseases else (),
    )


def test_a_content_is_stored_without_escapes_and_with_iso_days() -> None:
    drug = Drug("990000101", "1", "21", 14, dispensed_on=date(2026, 4, 2))
    assert encode(CONTENT._replace(drugs=(drug,))) == (
        '["架空診療所",null,null,[["990000101","1","21",14,[],"2026-04-02",null,null,null,null]],[],[]]'
    )


def of_member(**changes: Any) -> Claim:
    return replace(CLAIM, member=replace(MEMBER, **changes))


@pytest.mark.parametrize(
    "same",
    [
        of_member(symbol="見本・1"),
        of_member(number="1-2-3"),
        replace(CLAIM, claim_month=date(2026, 9, 1)),
        replace(CLAIM, content=CONTENT._replace(institution_name="架空医院", prescriber_name="別名")),
    ],
    ids=["symbol", "number", "a later claim month", "another content"],
)
def test_versions_of_one_claim_have_one_identity(same: Claim) -> None:
    assert same.identity == CLAIM.identity


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        # Without a branch, name and sex tell twins apart.
        ({"branch": None, "name": "試験　一", "sex": "1"}, {"branch": None, "name": "試験　二", "sex": "1"}, False),
        ({"branch": None, "name": "試験　一", "sex": "1"}, {"branch": None, "name": "試験　一", "sex": "2"}, False),
        ({"branch": "", "name": "試験　一", "sex": "1"}, {"branch": None, "name": "試験　二", "sex": "1"}, False),
        ({"branch": None, "name": "試験　ｲﾁ", "sex": "1"}, {"branch": None, "name": "試験イチ", "sex": "1"}, True),
        ({"branch": None, "name": None, "sex": None}, {"branch": None, "name": "", "sex": ""}, True),
        # With one they do not matter: a name spelled otherwise is the same person's.
        ({"name": "試験　一", "sex": "1"}, {"name": "試験　二", "sex": None}, True),
    ],
)  # fmt: skip
def test_name_and_sex_belong_to_the_identity_where_there_is_no_branch_h2(
    one: dict[str, Any], other: dict[str, Any], is_same: bool
) -> None:
    assert (of_member(**one).identity == of_member(**other).identity) is is_same


def test_the_identity_of_a_claim_with_a_branch_is_that_of_version_1() -> None:
    assert CLAIM.identity.hex() == "53570983782a153f13ea12cbee422594"


def test_the_identity_of_a_claim_without_branch_name_and_sex_is_the_stored_one() -> None:
    """Rule H2."""
    assert of_member(branch=None).identity.hex() == "bd30f35fcc941859ec7d08ce05e4c9eb"


OTHERS = [
    of_member(insurer_number="138057"),
    of_member(symbol=None),
    of_member(number="1234"),
    of_member(branch=None),
    of_member(birth_date=date(1980, 5, 18)),
    replace(CLAIM, kind=ClaimKind.PHARMACY),
    replace(CLAIM, setting=CareSetting.INPATIENT),
    replace(CLAIM, institution_code="0110113719"),
    replace(CLAIM, treatment_month=date(2026, 3, 1)),
    replace(CLAIM, content=CONTENT._replace(prescriber_code="0110113719")),
]


def test_every_difference_that_identifies_a_claim_makes_another_identity() -> None:
    identities = {claim.identity for claim in (CLAIM, *OTHERS)}
    assert len(identities) == len(OTHERS) + 1
    assert {len(identity) for identity in identities} == {16}


@given(symbol=st.text("ab1", max_size=3), number=st.text("ab1", max_size=3), moved=st.integers(1, 2))
def test_items_do_not_run_into_each_other(symbol: str, number: str, moved: int) -> None:
    other_symbol, other_number = symbol + number[:moved], number[moved:]
    one, other = of_member(symbol=symbol, number=number), of_member(symbol=other_symbol, number=other_number)
    assert (one.identity == other.identity) == ((symbol, number) == (other_symbol, other_number))
