"""Who at a facility asks, and as whom: two headers of a request, as FastAPI's dependency. The terminal's assertion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from fastapi import Header
from pydantic import BeforeValidator
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


async def current_operator(
    role: Annotated[
        Role, Header(alias=ROLE_HEADER, description="As whom somebody asks; without it, as the reception.")
    ] = Role.RECEPTION,
    name: Annotated[
        Annotated[OperatorName, BeforeValidator(_decoded)] | None,
        Header(
            alias=OPERATOR_HEADER,
            description="Who asks, as the facility names its staff: UTF-8, percent-encoded.",
        ),
    ] = None,
) -> Operator:
    """Who asks. A role that is none, or a name that is not of this form, is `request-invalid`."""
    return Operator(role, name)
