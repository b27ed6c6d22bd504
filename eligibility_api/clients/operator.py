"""Who at a facility asks, and as whom: two headers of a request, as FastAPI's dependency. The terminal's assertion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from fastapi import Header
from pydantic import BeforeValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from eligibility_api.contract.codes import Role
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER
from eligibility_api.contract.wire import OperatorName


@dataclass(frozen=True, slots=True)
class Operator:
    """A member of staff: the role that the terminal asserts, and the name, where it tells one."""

    role: Role = Role.RECEPTION
    name: str | None = None


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise PydanticCustomError("percent_encoding", "UTF-8, percent-encoded") from error


_Name = Annotated[OperatorName, BeforeValidator(_decoded)]
_NAME = TypeAdapter[str](_Name)
_ROLE, _OPERATOR = (name.lower().encode() for name in (ROLE_HEADER, OPERATOR_HEADER))
_ROLES = {role.value.encode(): role for role in Role}


async def current_operator(
    role: Annotated[
        Role, Header(alias=ROLE_HEADER, description="As whom somebody asks; without it, as the reception.")
    ] = Role.RECEPTION,
    name: Annotated[
        _Name | None,
        Header(
            alias=OPERATOR_HEADER,
            description="Who asks, as the facility names its staff: UTF-8, percent-encoded.",
        ),
    ] = None,
) -> Operator:
    """Who asks. A role that is none, or a name that is not of this form, is `request-invalid`."""
    return Operator(role, name)


def operator_in(headers: Mapping[bytes, bytes]) -> Operator | None:
    """Who asks by these headers, as `current_operator` reads them; None where it would refuse them."""
    role = _ROLES.get(headers.get(_ROLE, Role.RECEPTION.value.encode()))
    named = headers.get(_OPERATOR)
    try:
        name = _NAME.validate_python(named.decode("latin-1")) if named is not None else None
    except ValidationError:
        return None
    return Operator(role, name) if role is not None else None
