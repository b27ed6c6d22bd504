"""Registers a facility's authorised staff, at its administrator's request.

Registered staff may read medical data like doctors, dentists and pharmacists, or access data in an emergency
with a second factor.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.acts import record_act
from eligibility_api.clients.second_factor import encrypt_secret
from eligibility_api.contract.codes import FacilityKind
from eligibility_api.domain.admission import authority_for
from eligibility_api.domain.second_factor import SECRET_BYTES
from eligibility_api.platform.errors import OperatorError

_KIND = text("SELECT kind FROM facility WHERE institution_code = :institution_code AND closed_at IS NULL")

_ADD = text("""
INSERT INTO facility_operator (institution_code, operator, authorised_by, medical, emergency, totp_secret)
SELECT institution_code, :operator, :authorised_by, :medical, :emergency, :totp_secret
FROM facility WHERE institution_code = :institution_code AND closed_at IS NULL
ON CONFLICT DO NOTHING
""")

_END = text("""
UPDATE facility_operator SET ended_at = clock_timestamp()
WHERE institution_code = :institution_code AND operator = :operator AND ended_at IS NULL
RETURNING authorised_by, medical, emergency
""")

_ALL = text("""
SELECT operator, authorised_by, medical, emergency, registered_at, ended_at
FROM facility_operator WHERE institution_code = :institution_code ORDER BY operator, registered_at
""")


@dataclass(frozen=True, slots=True)
class OperatorRegistration:
    """A member of staff whom the administrator (`authorised_by`) authorises."""

    institution_code: str
    operator: str
    authorised_by: str
    medical: bool
    emergency: bool

    def values(self) -> dict[str, Any]:
        """Return the fields as statement parameters."""
        return {name: getattr(self, name) for name in self.__slots__}


async def register(
    connection: AsyncConnection, key: bytes, registration: OperatorRegistration
) -> bytes | None:
    """Register an operator, and return the secret of the second factor if there is one.

    It is not returned again. Raises OperatorError if the facility is unknown or closed, no operator of its kind
    may have this authority (rule G4), or the name is already registered.
    """
    await _check_authority(connection, registration)
    secret = secrets.token_bytes(SECRET_BYTES) if registration.emergency else None
    stored = (
        encrypt_secret(key, secret, registration.institution_code, registration.operator)
        if secret is not None
        else None
    )
    added = await connection.execute(_ADD, registration.values() | {"totp_secret": stored})
    if not added.rowcount:
        raise OperatorError("An operator with this name is already registered there.")
    await _record(connection, "operator.registered", registration.values())
    return secret


async def _check_authority(connection: AsyncConnection, registration: OperatorRegistration) -> None:
    values = {"institution_code": registration.institution_code}
    kind = (await connection.execute(_KIND, values)).scalar_one_or_none()
    if kind is None:
        raise OperatorError("No open facility has this code.")
    possible = authority_for(FacilityKind(kind))
    if registration.emergency and not possible.emergency:
        raise OperatorError(f"Access in an emergency is for hospitals; the kind of this facility is {kind}.")
    if registration.medical and not possible.medical:
        raise OperatorError(f"No medical data is shown to a facility of this kind: {kind}.")


async def end(connection: AsyncConnection, institution_code: str, operator: str) -> None:
    """End an operator's registration. Raises OperatorError when there is none."""
    values = {"institution_code": institution_code, "operator": operator}
    row = (await connection.execute(_END, values)).mappings().one_or_none()
    if row is None:
        raise OperatorError("No operator with this name is registered for this facility.")
    await _record(connection, "operator.ended", values | dict(row))


async def _record(connection: AsyncConnection, kind: str, values: Mapping[str, Any]) -> None:
    detail = {name: values[name] for name in ("authorised_by", "medical", "emergency")}
    named = {name: values[name] for name in ("institution_code", "operator")}
    await record_act(connection, kind, detail, **named)


async def list_operators(connection: AsyncConnection, institution_code: str) -> Sequence[Row[Any]]:
    """Return all operators ever registered for a facility, by name, without their second factors."""
    return (await connection.execute(_ALL, {"institution_code": institution_code})).all()
