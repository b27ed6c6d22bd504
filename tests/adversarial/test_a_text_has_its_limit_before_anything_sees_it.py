"""No text of a request costs work, or is kept, before its length is known to be allowed."""

from __future__ import annotations

import json
import tracemalloc
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from eligibility_api.clients.operator import operator_from_headers
from eligibility_api.contract import identifiers, numbers
from eligibility_api.contract.batches import BatchRequest
from eligibility_api.contract.bounds import MAX_EXPANSION, MAX_TEXT_LENGTH, TextTooLong, normalized
from eligibility_api.contract.characters import normalize_kana, replace_unencodable
from eligibility_api.contract.checkups import CheckupsRequest
from eligibility_api.contract.days import UnreadableDay, parse_day
from eligibility_api.contract.eligibility import CardCheckRequest, NumberCheckRequest
from eligibility_api.contract.emergency import DisasterSearch
from eligibility_api.contract.enrolment import EnrolmentRequest
from eligibility_api.contract.history import OPERATOR_HEADER
from eligibility_api.contract.identifiers import UnreadableIdentifier
from eligibility_api.contract.references import ReferenceRegistrations
from eligibility_api.contract.tickets import TicketsRequest
from eligibility_api.contract.wire import BranchNumber, InsurerNumber, MembershipText, PersonKana
from eligibility_api.domain.text import folded_text
from tests.builders.fund import Fund
from tests.builders.hostile_texts import HOSTILE, marks, normalised_lengths

MOST_NORMALISED = MAX_EXPANSION * MAX_TEXT_LENGTH
"""Characters of the longest text that is normalised: a name, after it was normalised once."""

MEMBER: dict[str, Any] = {"insurer_number": "01130012", "number": "1", "birth_date": "1980-05-17"}
ENROLMENT = MEMBER | {
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "address": "架空県見本市",
    "acquired_on": "2024-04-01",
}
SEARCH = {
    "name": "試験",
    "name_kana": "シケン",
    "birth_date": "1980-05-17",
    "sex": "2",
    "address": "架空県見本市",
    "categories": ["medication"],
    "operator": "受付",
    "role": "doctor",
}
PROOF = {"challenge": "c", "certificate": "MAA=", "signature": "AA=="}
BODIES: list[tuple[type[Any], dict[str, Any]]] = [
    (NumberCheckRequest, MEMBER | {"symbol": "見本", "branch": "00"}),
    (EnrolmentRequest, ENROLMENT | {"symbol": "見本", "branch": "00", "postal_code": "000-0000"}),
    (DisasterSearch, SEARCH),
    (CardCheckRequest, PROOF),
]
PLACES = [
    (model, body, name) for model, body in BODIES for name, value in body.items() if isinstance(value, str)
]


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    ("model", "body", "name"), PLACES, ids=[f"{model.__name__}.{name}" for model, _, name in PLACES]
)
def test_a_hostile_text_is_never_normalised(
    model: type[Any], body: dict[str, Any], name: str, kind: str
) -> None:
    hostile = json.dumps(body | {name: HOSTILE[kind](30_000)})
    with normalised_lengths() as lengths, suppress(ValidationError):
        model.model_validate_json(hostile)
    assert max(lengths, default=0) <= MOST_NORMALISED


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    "text",
    [InsurerNumber, BranchNumber, MembershipText, PersonKana],
    ids=["insurer number", "branch", "membership", "kana"],
)
@pytest.mark.parametrize("length", [1, 20, 21, 64, 65, 200, 201, 4_000])
def test_a_text_of_any_length_is_accepted_or_refused_within_its_bounds(
    text: Any, kind: str, length: int
) -> None:
    with normalised_lengths() as lengths, suppress(ValidationError):
        TypeAdapter(text).validate_python(HOSTILE[kind](length))
    assert max(lengths, default=0) <= MOST_NORMALISED


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "my number": numbers.is_my_number,
    "insurer number": identifiers.insurer_number,
    "payer number": identifiers.payer_number,
    "recipient number": identifiers.recipient_number,
    "institution code": identifiers.institution_code,
    "branch": identifiers.branch,
    "postal code": identifiers.postal_code,
    "day": parse_day,
    "Shift_JIS": replace_unencodable,
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_the_contract_normalises_no_long_text(name: str, kind: str) -> None:
    with normalised_lengths() as lengths, suppress(UnreadableIdentifier, UnreadableDay):
        FUNCTIONS[name](HOSTILE[kind](30_000))
    assert max(lengths, default=0) <= MOST_NORMALISED


@pytest.mark.parametrize("fold", [numbers.folded, identifiers.membership_key, normalize_kana, folded_text])
def test_a_fold_refuses_a_text_whose_length_nobody_checked(fold: Callable[[str], str]) -> None:
    with pytest.raises(TextTooLong) as refusal:
        fold(marks(4_000))
    assert "4000 characters" in str(refusal.value)
    assert "\u0301" not in str(refusal.value)


@pytest.mark.parametrize(("length", "max_length"), [(5, 5), (0, 0), (1, 200)])
def test_a_text_of_the_maximum_length_is_normalised(length: int, max_length: int) -> None:
    assert normalized("NFKC", "Ａ" * length, max_length=max_length) == "A" * length


def test_no_character_expands_to_more_than_is_allowed_for() -> None:
    most = max(len(unicodedata.normalize("NFKC", chr(code))) for code in range(0x110000))
    assert most == MAX_EXPANSION


def test_refused_numbers_are_not_kept() -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for count in range(200):
            with pytest.raises(UnreadableIdentifier):
                identifiers.insurer_number(f"{count}".ljust(50_000, "x"))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_000_000


OPERATOR = OPERATOR_HEADER.lower().encode()


def test_a_long_operator_name_is_refused_before_it_is_decoded() -> None:
    assert operator_from_headers({OPERATOR: b"%41" * 20}) is not None
    assert operator_from_headers({OPERATOR: b"%41" * 20_000}) is None


ROWS: list[tuple[type[Any], str, dict[str, Any]]] = [
    (BatchRequest, "rows", MEMBER),
    (ReferenceRegistrations, "registrations", MEMBER | {"reference_number": "1"}),
    (CheckupsRequest, "checkups", MEMBER),
    (TicketsRequest, "tickets", {}),
]


@pytest.mark.parametrize(("model", "name", "row"), ROWS, ids=[model.__name__ for model, _, _ in ROWS])
def test_however_many_unknown_members_there_are_few_faults_are_made(
    model: type[Any], name: str, row: dict[str, Any]
) -> None:
    unknown = {f"m{count}": 0 for count in range(5_000)}
    for body in ({name: [row | unknown] * 3}, {name: [row]} | unknown, {name: [unknown]}):
        with pytest.raises(ValidationError) as refusal:
            model.model_validate(body)
        assert refusal.value.error_count() < 10


def test_the_first_invalid_row_of_any_long_list_ends_its_validation() -> None:
    for model, name, _ in ROWS:
        with pytest.raises(ValidationError) as refusal:
            model.model_validate({name: [{}] * 400})
        rows = {error["loc"][1] for error in refusal.value.errors() if len(error["loc"]) > 1}
        assert rows == {0}


@pytest.mark.anyio
@pytest.mark.parametrize("kind", HOSTILE)
async def test_over_http_a_hostile_number_is_refused_unread(fund: Fund, kind: str) -> None:
    with normalised_lengths() as lengths:
        response = await fund.post(
            "/v1/eligibility/number", MEMBER | {"insurer_number": HOSTILE[kind](10_000)}
        )
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")
    assert max(lengths, default=0) <= MOST_NORMALISED


@pytest.mark.anyio
async def test_a_token_longer_than_any_token_is_refused_unread(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    monkeypatch.setattr(
        "eligibility_api.clients.tokens.jwt.decode", lambda token, *a, **k: decoded.append(token)
    )
    headers = {"Authorization": "Bearer " + "e30." * 15_000}
    response = await fund.http.get("/v1/mismatches", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "token-invalid")
    assert decoded == []
