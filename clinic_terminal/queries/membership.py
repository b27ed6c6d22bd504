"""Parses typed input into requests of the interface; errors name the place and the rule, never the value."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from clinic_terminal.queries.dates import parse_date
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.wire import MY_NUMBER_FAULT

MEMBERSHIP_FIELDS = tuple(MembershipQuery.model_fields)
"""The fields of a membership, in the order in which a certificate shows them."""

Request = TypeVar("Request", bound=BaseModel)


class MembershipPrompts(Protocol):
    """Source of a membership: typed by a person, or given by a program. May raise GivenUpError."""

    def membership(self) -> MembershipQuery:
        """The membership. Raises ShikakuError where a program gave none, or an invalid one."""
        ...

    def add_branch(self, membership: MembershipQuery) -> MembershipQuery | None:
        """The same with a branch number (枝番), or None where it is not known."""
        ...


def parse_request(model: type[Request], fields: Mapping[str, object]) -> Request:
    """`fields` as `model`: full-width digits folded in fields of digits, empty fields left out.

    Symbol and number stay as typed: the fund folds them for comparison. Raises ShikakuError
    `my-number-refused`, `request-invalid` with its `errors`.
    """
    try:
        return model.model_validate(_normalised(fields))
    except ValidationError as error:
        raise _fault(model, error) from error


def _normalised(fields: Mapping[str, object]) -> dict[str, object]:
    given = {name: _normalised_value(name, value) for name, value in fields.items()}
    return {name: value for name, value in given.items() if value not in (None, "")}


def _normalised_value(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    match name:
        case "insurer_number":
            return unicodedata.normalize("NFKC", text)
        case "branch":
            return unicodedata.normalize("NFKC", text).zfill(2) if text else None
        case "birth_date":
            return _date_or_text(text)
        case _:
            return text


def _date_or_text(text: str) -> date | str:
    """A text that is no date stays as it is: the model rejects it by its own rule."""
    try:
        return parse_date(text)
    except ValueError:
        return text


def _fault(model: type[BaseModel], error: ValidationError) -> ShikakuError:
    """In the form of the fund's own answer: place and rule of each fault, never the value."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if any(fault["type"] == MY_NUMBER_FAULT for fault in faults):
        return ShikakuError("my-number-refused")
    places = [{"place": _place(model, fault["loc"]), "rule": fault["type"]} for fault in faults]
    return ShikakuError("request-invalid", errors=places)


def _place(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """A field's name. An unknown name is the sender's own text and is not repeated."""
    name = str(location[0]) if location else ""
    return name if name in model.model_fields else "(unknown member)"
