"""A membership as somebody typed it, made into what the fund is asked with; faults are told without the values."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from clinic_terminal.desk.days import read_day
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.wire import MY_NUMBER_FAULT

FIELDS = tuple(MembershipQuery.model_fields)
"""What names a membership, in the order in which a certificate shows it."""

Asked = TypeVar("Asked", bound=BaseModel)


class MembershipPrompts(Protocol):
    """Where a membership comes from: typed by a person, or given by a program. May raise GivenUpError."""

    def membership(self) -> MembershipQuery:
        """The membership. Raises ShikakuError where a program gave none that can be asked with."""
        ...

    def with_branch(self, membership: MembershipQuery) -> MembershipQuery | None:
        """The same with a branch number (枝番), or None where nobody can tell it."""
        ...


def read(model: type[Asked], fields: Mapping[str, object]) -> Asked:
    """`fields` as `model`, widths folded where only digits may stand, empty ones left out.

    Symbol and number stay as written: the fund folds them for comparison. Raises ShikakuError `my-number-refused`,
    `request-invalid` with its `errors`.
    """
    try:
        return model.model_validate(_normalised(fields))
    except ValidationError as error:
        raise _fault(model, error) from error


def _normalised(fields: Mapping[str, object]) -> dict[str, object]:
    given = {name: _as_written(name, value) for name, value in fields.items()}
    return {name: value for name, value in given.items() if value not in (None, "")}


def _as_written(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    match name:
        case "insurer_number":
            return unicodedata.normalize("NFKC", text)
        case "branch":
            return unicodedata.normalize("NFKC", text).zfill(2) if text else None
        case "birth_date":
            return _day_or_text(text)
        case _:
            return text


def _day_or_text(text: str) -> date | str:
    """What is no day stays as it is: the model refuses it by its own rule."""
    try:
        return read_day(text)
    except ValueError:
        return text


def _fault(model: type[BaseModel], error: ValidationError) -> ShikakuError:
    """In the form in which the fund tells it: the place and the rule of each fault, never the value."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if any(fault["type"] == MY_NUMBER_FAULT for fault in faults):
        return ShikakuError("my-number-refused")
    places = [{"place": _place(model, fault["loc"]), "rule": fault["type"]} for fault in faults]
    return ShikakuError("request-invalid", errors=places)


def _place(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """A field's name; the name of an unknown one is the sender's own text, and is not repeated."""
    name = str(location[0]) if location else ""
    return name if name in model.model_fields else "(unknown member)"
