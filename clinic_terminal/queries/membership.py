"""Parses typed input into requests of the interface; errors name the place and the rule, never the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

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
    """`fields` as `model`, which gives identifiers and days their form; empty fields are left out.

    Raises ShikakuError `my-number-refused`, `request-invalid` with its `errors`.
    """
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    try:
        return model.model_validate({n: value for n, value in stripped.items() if value not in (None, "")})
    except ValidationError as error:
        raise _fault(model, error) from error


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
