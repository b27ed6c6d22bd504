"""Common properties of wire models: strictness, base64, and faults without the input."""

from __future__ import annotations

import base64
import json
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    Proof,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.enrolment import EndRequest, EnrolmentAnswer, EnrolmentRequest
from eligibility_api.contract.membership import StatedMembership
from eligibility_api.contract.presence import ChallengeAnswer, ChallengeRequest
from eligibility_api.contract.registration import RegistrationAnswer, RegistrationRequest
from eligibility_api.contract.tokens import TokenAnswer
from eligibility_api.contract.wire import (
    LAW_FAULT,
    MY_NUMBER_FAULT,
    BranchNumber,
    Bytes,
    Day,
    InstitutionCode,
    InsurerNumber,
    MembershipText,
    PersonKana,
    PostalCode,
    RecipientNumber,
    RequestModel,
)

MY_NUMBER = "123456789018"
"""Only its check digit is valid; it belongs to no person."""

PROOF: dict[str, Any] = {"challenge": "c", "certificate": "MAA=", "signature": "AA=="}
MEMBER: dict[str, Any] = {"insurer_number": "01130012", "number": "1"}
ENROLMENT: dict[str, Any] = MEMBER | {
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "birth_date": "1980-05-17",
    "address": "架空県見本市１番地",
    "acquired_on": "2024-04-01",
}
REQUESTS: dict[type[RequestModel], dict[str, Any]] = {
    Proof: PROOF,
    CardCheckRequest: PROOF,
    VisualCheckRequest: PROOF | {"operator": "受付"},
    RegistrationRequest: PROOF | {"agreed": True},
    StatedMembership: MEMBER,
    ChallengeRequest: {"purpose": "eligibility"},
    EnrolmentRequest: ENROLMENT,
    EndRequest: MEMBER | {"birth_date": "1980-05-17", "lost_on": "2026-04-01", "reason_of_loss": "03"},
}
"""A good body for every model that the fund accepts."""

ANSWERS: tuple[type[BaseModel], ...] = (
    EligibilityAnswer,
    UnchangedAnswer,
    ChallengeAnswer,
    RegistrationAnswer,
    EnrolmentAnswer,
    TokenAnswer,
)
MODELS = pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
bytes_field: TypeAdapter[bytes] = TypeAdapter(Bytes)
SENT = "ひみつ-S3CR3T-値"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def faults(model: type[BaseModel], body: object) -> ValidationError:
    with pytest.raises(ValidationError) as refusal:
        model.model_validate_json(json.dumps(body))
    return refusal.value


def error_text(model: type[BaseModel], body: object) -> str:
    """The faults of a rejected body; none for an accepted one."""
    try:
        model.model_validate_json(json.dumps(body))
    except ValidationError as refusal:
        return str(refusal) + repr(refusal)
    return ""


@given(st.binary(max_size=300))
def test_bytes_are_encoded_as_base64_and_decoded(content: bytes) -> None:
    text = bytes_field.dump_json(content)
    assert json.loads(text) == base64.b64encode(content).decode()
    assert bytes_field.validate_json(text) == content


@given(st.binary(max_size=300))
def test_python_bytes_are_unchanged(content: bytes) -> None:
    assert bytes_field.validate_python(content) == content
    assert bytes_field.dump_python(content) == content


@pytest.mark.parametrize(
    "text", ["A", "AAA", "AA=", "AA==\n", " AA==", "AA==AA==", "-_-_", "日本", "AA\0=", "====", "A==="]
)
def test_other_text_than_padded_base64_is_rejected(text: str) -> None:
    with pytest.raises(ValidationError):
        bytes_field.validate_json(json.dumps(text))


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}, [65]])
def test_other_types_than_text_are_rejected(value: object) -> None:
    with pytest.raises(ValidationError):
        bytes_field.validate_json(json.dumps(value))


@MODELS
def test_a_valid_body_round_trips(model: type[RequestModel]) -> None:
    body = REQUESTS[model]
    assert model.model_validate_json(json.dumps(body)).model_dump(mode="json", exclude_unset=True) == body


@MODELS
def test_an_unknown_member_is_rejected_without_its_value(model: type[RequestModel]) -> None:
    refusal = faults(model, REQUESTS[model] | {"extra": SENT})
    assert [fault["type"] for fault in refusal.errors()] == ["extra_forbidden"]
    assert SENT not in str(refusal)


@MODELS
def test_a_request_is_immutable(model: type[RequestModel]) -> None:
    request = model.model_validate_json(json.dumps(REQUESTS[model]))
    with pytest.raises(ValidationError):
        setattr(request, next(iter(REQUESTS[model])), "other")


@pytest.mark.parametrize("model", ANSWERS, ids=lambda model: model.__name__)
def test_an_answer_ignores_unknown_members(model: type[BaseModel]) -> None:
    assert model.model_config["extra"] == "ignore"


@MODELS
def test_every_required_member_is_reported_if_missing(model: type[RequestModel]) -> None:
    for name in REQUESTS[model]:
        if model.model_fields[name].is_required():
            body = {key: value for key, value in REQUESTS[model].items() if key != name}
            assert [fault["type"] for fault in faults(model, body).errors()] == ["missing"]


def test_a_fault_never_contains_the_input() -> None:
    made: list[Any] = [SENT, [SENT], {"member": SENT}]
    for model, body in REQUESTS.items():
        for name, value in product(body, made):
            assert SENT not in error_text(model, body | {name: value}), (model, name)


@given(st.sampled_from(list(REQUESTS)), st.data())
def test_any_value_is_accepted_or_rejected_without_repeating_it(
    model: type[RequestModel], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(model.model_fields)))
    mark = data.draw(st.text("ゑヱ", min_size=6, max_size=6))
    value = data.draw(
        st.just(mark) | json_values.map(lambda inner: [mark, inner]) | st.just({"member": mark})
    )
    assert mark not in error_text(model, REQUESTS[model] | {name: value})


@given(st.sampled_from(list(REQUESTS)), json_values)
def test_any_body_is_accepted_or_rejected(model: type[RequestModel], body: object) -> None:
    try:
        model.model_validate_json(json.dumps(body))
    except ValidationError:
        return
    assert isinstance(body, dict)


@pytest.mark.parametrize(
    "written", [MY_NUMBER, "１２３４５６７８９０１８", "1234-5678-9018", "1234 5678 9018"]
)
@pytest.mark.parametrize("name", ["symbol", "number"])
@pytest.mark.parametrize("model", [StatedMembership, EnrolmentRequest, EndRequest])
def test_a_my_number_is_rejected_as_membership_identifier(
    model: type[RequestModel], name: str, written: str
) -> None:
    refusal = faults(model, REQUESTS[model] | {name: written})
    assert [fault["type"] for fault in refusal.errors()] == [MY_NUMBER_FAULT]
    assert written not in str(refusal)


@pytest.mark.parametrize("name", ["insurer_number", "branch"])
def test_a_my_number_is_reported_as_such_even_if_too_long(name: str) -> None:
    refusal = faults(StatedMembership, MEMBER | {name: MY_NUMBER})
    assert [fault["type"] for fault in refusal.errors()] == [MY_NUMBER_FAULT]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (InsurerNumber, ["01130012", "138057"], ["06139999", "51136018", "", "1380570"]),
        (InstitutionCode, ["1311111114", "0110113719"], ["1311111115", "", "131111111"]),
        (BranchNumber, ["00", "99"], ["000", "1a", ""]),
        (RecipientNumber, ["0000018"], ["18", "0000017", ""]),
        (PostalCode, ["100-0001"], ["100-001", ""]),
        (MembershipText, ["1", "見本", "12345678901", "1234567890123", "あ" * 20], ["", "あ" * 21]),
    ],
    ids=["insurer", "institution", "branch", "recipient", "postal code", "membership"],
)
def test_numbers_are_validated(kind: Any, good: list[str], bad: list[str]) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert [adapter.validate_python(text) for text in good] == good
    for text in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (InsurerNumber, "00138057", "138057"),
        (InsurerNumber, "  138057", "138057"),
        (InsurerNumber, "０１１３００１２", "01130012"),
        (InstitutionCode, "13-1111111４", "1311111114"),
        (BranchNumber, "1", "01"),
        (BranchNumber, "０１", "01"),
        (RecipientNumber, "００００-018", "0000018"),
        (PostalCode, "１０００００１", "100-0001"),
        (Day, "1985/4/1", date(1985, 4, 1)),
        (Day, "19850401", date(1985, 4, 1)),
        (Day, "昭和６０年４月１日", date(1985, 4, 1)),
        (PersonKana, "か゛ｷﾞ", "ガギ"),
    ],
)
def test_every_spelling_gets_its_canonical_form_at_the_border(kind: Any, written: str, value: object) -> None:
    """Rule R1."""
    assert TypeAdapter(kind).validate_json(json.dumps(written)) == value


@pytest.mark.parametrize(
    "text", ["1234567890", "85-04-01", "1985-13-01", "S64.1.8", "-1", "0", "31138", "1985-04-01T00"]
)
def test_a_text_that_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(Day).validate_json(json.dumps(text))
    assert [fault["type"] for fault in refusal.value.errors()] in (["day"], ["date_from_datetime_parsing"])


def test_a_law_that_does_not_exist_has_a_fault_of_its_own() -> None:
    refusals = {
        number: faults(StatedMembership, MEMBER | {"insurer_number": number})
        for number in ("51136018", "06139999")
    }
    types = {number: [fault["type"] for fault in refusal.errors()] for number, refusal in refusals.items()}
    assert types == {"51136018": [LAW_FAULT], "06139999": ["insurer_number"]}


AID = {"insurer_number": "12137014", "number": "0000018"}
ELDERLY = {"insurer_number": "39131008", "number": "1234"}


@pytest.mark.parametrize("model", [StatedMembership, EndRequest], ids=lambda model: model.__name__)
@pytest.mark.parametrize(
    ("membership", "places"),
    [
        (AID, []),
        (AID | {"number": "０００００１８"}, []),
        (AID | {"number": "0000017"}, ["number"]),
        (AID | {"number": "18"}, ["number"]),
        (AID | {"branch": "00"}, ["branch"]),
        (AID | {"symbol": "見本", "number": "1"}, ["number", "symbol"]),
        (ELDERLY, []),
        (ELDERLY | {"symbol": "見本"}, []),
        (ELDERLY | {"branch": "00"}, ["branch"]),
    ],
)
def test_a_membership_that_its_scheme_cannot_have_is_refused_with_its_field(
    model: type[RequestModel], membership: dict[str, str], places: list[str]
) -> None:
    """Rule R1: it could match nobody, and would count as a miss."""
    parts = {name: value for name, value in REQUESTS[model].items() if name not in ("symbol", "branch")}
    body = json.dumps(parts | membership)
    if not places:
        assert model.model_validate_json(body).model_dump()["insurer_number"] == membership["insurer_number"]
        return
    with pytest.raises(ValidationError) as refusal:
        model.model_validate_json(body)
    assert [fault["loc"] for fault in refusal.value.errors()] == [(place,) for place in places]
    assert membership["number"] not in str(refusal.value) or len(membership["number"]) < 3


def test_no_request_has_a_field_for_a_my_number() -> None:
    names = {name for model in REQUESTS for name in model.model_fields}
    assert len(names) > 30
    for name in names:
        assert "my_number" not in name, name
        assert "individual" not in name, name


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"lost_on": "2024-04-01", "reason_of_loss": "03"}, "period"),
        ({"lost_on": "2023-04-01", "reason_of_loss": "03"}, "period"),
        ({"lost_on": "2024-04-02"}, "reason_of_loss"),
        ({"reason_of_loss": "03"}, "reason_of_loss"),
        ({"postal_code": "000000"}, "postal_code"),
    ],
)
def test_a_period_and_its_reason_of_loss_are_consistent(changes: dict[str, str], fault: str) -> None:
    assert [found["type"] for found in faults(EnrolmentRequest, ENROLMENT | changes).errors()] == [fault]


def test_an_enrolment_may_last_one_day() -> None:
    body = ENROLMENT | {"lost_on": "2024-04-02", "reason_of_loss": "99"}
    assert EnrolmentRequest.model_validate_json(json.dumps(body)).lost_on == date(2024, 4, 2)
