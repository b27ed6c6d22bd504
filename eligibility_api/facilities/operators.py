"""Naming a facility's staff at its administrator's word, and ending that: who may look beyond doctors, dentists and
pharmacists, and who without consent in an emergency, by which second factor.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.second_factor import sealed
from eligibility_api.domain.second_factor import SECRET_BYTES
from eligibility_api.platform.errors import OperatorError

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

_RECORD = text("""
INSERT INTO audit_record (kind, outcome, institution_code, operator, detail)
VALUES (:kind, 'done', :institution_code, :operator,
        jsonb_build_object('authorised_by', CAST(:authorised_by AS text), 'medical', CAST(:medical AS boolean),
                           'emergency', CAST(:emergency AS boolean)))
""")

_ALL = text("""
SELECT operator, authorised_by, medical, emergency, registered_at, ended_at
FROM facility_operator WHERE institution_code = :institution_code ORDER BY operator, registered_at
""")


@dataclass(frozen=True, slots=True)
class Named:
    """A member of staff as the administrator (`authorised_by`) named her."""

    institution_code: str
    operator: str
    authorised_by: str
    medical: bool
    emergency: bool

    def values(self) -> dict[str, Any]:
        """As parameters."""
        return {name: getattr(self, name) for name in self.__slots__}


async def name(connection: AsyncConnection, key: bytes, named: Named) -> bytes | None:
    """Register her from this instant on. The secret of her second factor, where she has one: it is told only now.

    Raises OperatorError where the facility is none or closed, or somebody of this name is registered already.
    """
    secret = secrets.token_bytes(SECRET_BYTES) if named.emergency else None
    stored = sealed(key, secret, named.institution_code, named.operator) if secret is not None else None
    added = await connection.execute(_ADD, named.values() | {"totp_secret": stored})
    if not added.rowcount:
        raise OperatorError(
            "There is no open facility with this code, or an operator of this name is registered there."
        )
    await connection.execute(_RECORD, named.values() | {"kind": "operator.registered"})
    return secret


async def end(connection: AsyncConnection, institution_code: str, operator: str) -> None:
    """End her registration from this instant on. Raises OperatorError where there is none."""
    values = {"institution_code": institution_code, "operator": operator}
    row = (await connection.execute(_END, values)).mappings().one_or_none()
    if row is None:
        raise OperatorError("No operator of this name is registered for this facility.")
    await connection.execute(_RECORD, values | dict(row) | {"kind": "operator.ended"})


async def everybody(connection: AsyncConnection, institution_code: str) -> Sequence[Row[Any]]:
    """All who were ever named for a facility, by name; nothing of their second factors."""
    return (await connection.execute(_ALL, {"institution_code": institution_code})).all()
