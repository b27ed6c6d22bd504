"""The operator of a request: name and role from two headers, as the terminal asserts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from fastapi import Header
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from eligibility_api.contract.bounds import before
from eligibility_api.contract.codes import Role
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER
from eligibility_api.contract.wire import OperatorName


@dataclass(frozen=True, slots=True)
class Operator:
    """A member of staff: the role that the terminal asserts, and the name if the terminal sent one."""

    role: Role = Role.RECEPTION
    name: str | None = None


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise PydanticCustomError("percent_encoding", "UTF-8, percent-encoded") from error


_MAX_ENCODED_LENGTH = 1_000
"""Characters of a name in a header: each of 60 takes up to twelve, and spaces may surround it."""

_Name = Annotated[OperatorName, before(_MAX_ENCODED_LENGTH, _decoded)]
_NAME = TypeAdapter[str](_Name)
_ROLE, _OPERATOR = (name.lower().encode() for name in (ROLE_HEADER, OPERATOR_HEADER))
_ROLES = {role.value.encode(): role for role in Role}


async def current_operator(
    role: Annotated[
        Role, Header(alias=ROLE_HEADER, description="The operator's role; `reception` when left out.")
    ] = Role.RECEPTION,
    name: Annotated[
        _Name | None,
        Header(
            alias=OPERATOR_HEADER,
            description="The operator, as the facility names its staff: UTF-8, percent-encoded.",
        ),
    ] = None,
) -> Operator:
    """FastAPI dependency: the operator. An unknown role, or a malformed name, is `request-invalid`."""
    return Operator(role, name)


def operator_from_headers(headers: Mapping[bytes, bytes]) -> Operator | None:
    """Read the operator as `current_operator` does; None where that would reject the headers."""
    role = _ROLES.get(headers.get(_ROLE, Role.RECEPTION.value.encode()))
    named = headers.get(_OPERATOR)
    try:
        name = _NAME.validate_python(named.decode("latin-1")) if named is not None else None
    except ValidationError:
        return None
    return Operator(role, name) if role is not None else None
