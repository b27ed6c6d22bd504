"""Every value of a request has a limit, which is checked before anything else sees it (decision 016)."""

from __future__ import annotations

import importlib
import re
from typing import Annotated, Any, Literal

import pytest
from fastapi.dependencies.utils import get_flat_params
from pydantic import AfterValidator, FailFast, Field, StringConstraints, TypeAdapter
from pydantic.functional_validators import BeforeValidator

from eligibility_api.contract.batches import BatchRow
from eligibility_api.contract.bounds import before
from eligibility_api.contract.membership import StatedMembership
from eligibility_api.contract.wire import RequestModel, Text
from tests.builders.operations import MODELS, MODULES, routes
from tests.builders.schema_limits import faults

UNREAD = {
    "Authorization": "a token's length is checked first",
    "Idempotency-Key": "its form has 64 characters",
}
"""Headers whose text reaches code of ours, which checks its length itself, as a refusal of its own."""


def parameters() -> list[tuple[str, Any]]:
    """Every parameter of every operation, except bodies, which are models."""
    return [
        (f"{min(route.methods or ())} {route.path} {field.alias}", field._type_adapter)
        for route in routes()
        for field in get_flat_params(route.dependant)
        if field.alias not in UNREAD
    ]


PARAMETERS = parameters()


def test_there_are_requests_and_parameters() -> None:
    assert len(MODELS) > 40
    assert len(PARAMETERS) > 40


def test_every_member_of_a_request_has_a_limit_before_anything_sees_it() -> None:
    assert MODELS
    for model in MODELS:
        assert list(faults(model.__pydantic_core_schema__, {})) == [], model  # type: ignore[arg-type]


def test_every_parameter_has_a_limit() -> None:
    assert PARAMETERS
    for name, adapter in PARAMETERS:
        assert list(faults(adapter.core_schema, {})) == [], (name, adapter)


class _Wide(RequestModel):
    text: str


_SHORT = StringConstraints(max_length=9)
UNLIMITED: dict[str, tuple[Any, str]] = {
    "a text": (str, "a text without a limit"),
    "a text without control characters": (Text, "a text without a limit"),
    "a text that a function sees first": (
        Annotated[str, AfterValidator(len), _SHORT],
        "a text without a limit",
    ),
    "a text with a pattern": (
        Annotated[str, StringConstraints(pattern="^[0-9]{2}$")],
        "a text without a limit",
    ),
    "a text that is converted first": (Annotated[str, BeforeValidator(str), _SHORT], "before its limit"),
    "an optional text": (str | None, "a text without a limit"),
    "bytes": (bytes, "a text without a limit"),
    "a number": (int, "a number that may be larger"),
    "a number without maximum": (Annotated[int, Field(ge=0)], "a number that may be larger"),
    "a number beyond 64 bits": (Annotated[int, Field(ge=0, le=2**63)], "a number that may be larger"),
    "a number without minimum": (Annotated[int, Field(le=5)], "a number that may be larger"),
    "a list": (list[bool], "a list without a limit"),
    "a long list": (Annotated[list[bool], Field(max_length=101)], "a long list that does not fail fast"),
    "a long list of large objects": (
        Annotated[list[StatedMembership], FailFast(), Field(max_length=101)],
        "rows with any number of members",
    ),
    "an object": (dict[bool, bool], "dict"),
    "a float": (float, "float"),
    "anything": (Any, "any"),
    "a model with such a member": (_Wide | None, "a text without a limit"),
    "one choice of several": (Annotated[str, _SHORT] | int, "a number that may be larger"),
}


@pytest.mark.parametrize("name", UNLIMITED)
def test_the_rule_finds_a_value_without_a_limit(name: str) -> None:
    kind, fault = UNLIMITED[name]
    found = list(faults(TypeAdapter(kind).core_schema, {}))  # type: ignore[arg-type]
    assert any(fault in one for one in found)


LIMITED: dict[str, Any] = {
    "a text that a function sees afterwards": Annotated[str, _SHORT, AfterValidator(len)],
    "an optional text": Annotated[Text, _SHORT] | None,
    "a text that a bounded function converts": Annotated[str, before(9, str)],
    "a number": Annotated[int, Field(ge=1, le=2**63 - 1)],
    "a short list": Annotated[list[bool], Field(max_length=100)],
    "a long list of small objects": Annotated[list[BatchRow], FailFast(), Field(max_length=101)],
    "a literal": Literal["a", 1],
}


@pytest.mark.parametrize("name", LIMITED)
def test_the_rule_accepts_a_limited_value(name: str) -> None:
    assert list(faults(TypeAdapter(LIMITED[name]).core_schema, {})) == []  # type: ignore[arg-type]


UNBOUNDED_PATTERNS = {
    "eligibility_api.contract.numbers._LONG_VOWELS_BETWEEN_DIGITS": "applied to a normalised text",
    "eligibility_api.contract.characters._WRITTEN": "the clinic's, on texts of answers",
    "eligibility_api.platform.described_settings._USER_OF_URL": "on the operator's own settings",
    "eligibility_api.claims.reading.layouts._REPEATED": "on the program's own table",
}
"""Patterns without a maximum width, with the reason why their texts are short."""


def test_every_regular_expression_has_a_maximum_width_or_a_reason() -> None:
    patterns = {
        f"{module.__name__}.{name}": value
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }
    assert len(patterns) > 15
    parser = importlib.import_module("re._parser")
    widths = {name: parser.parse(value.pattern).getwidth()[1] for name, value in patterns.items()}
    assert {name for name, width in widths.items() if width > 1_000} == set(UNBOUNDED_PATTERNS)
