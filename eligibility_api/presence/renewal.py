"""Renewal links: a certificate that J-LIS issued in place of a bound one takes over its binding, on demand.

A link is believed only from J-LIS, only for the same person, and once: a certificate has one successor.
"""

from __future__ import annotations

from sqlalchemy import text

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.platform.database import Database
from eligibility_api.presence.jlis import Holder, Jlis
from eligibility_api.presence.statement import Presented

_BOUND = text("SELECT person_key FROM binding WHERE authority = :authority AND serial = :serial")

_LINK = text("""
WITH bound AS (
    INSERT INTO binding (authority, serial, person_key, basis, renewed_authority, renewed_serial, record_id)
    VALUES (:authority, :serial, :person_key, 'renewal', :renewed_authority, :renewed_serial, uuidv7())
    ON CONFLICT DO NOTHING
    RETURNING record_id
)
INSERT INTO audit_record (record_id, kind, outcome, client_id, authority, serial, person_key, detail)
SELECT record_id, 'binding.renewal', 'bound', :client_id, :authority, :serial, :person_key,
       jsonb_build_object('basis', 'J-LIS renewal link')
FROM bound
RETURNING true
""")

_REFUSED = text("""
INSERT INTO audit_record (kind, outcome, client_id, authority, serial, person_key, detail)
VALUES ('binding.renewal', 'registration-conflict', :client_id, :authority, :serial, :bound_to,
        jsonb_build_object('named', encode(:person_key, 'hex')))
""")


async def follow_link(database: Database, jlis: Jlis, presented: Presented) -> None:
    """Ask J-LIS once for the certificate's predecessors and bind it if one of them is bound.

    Where there is none, nothing happens. Raises `register-unavailable`, or `registration-conflict` (recorded) for a
    link that names another person or that another certificate has taken.
    """
    holder = await jlis.holder(presented.certificate)
    if holder is None:
        return
    for predecessor in holder.predecessors:
        if await _bind_after(database, presented, holder, predecessor):
            return


async def _bind_after(
    database: Database, presented: Presented, holder: Holder, predecessor: CertificateId
) -> bool:
    """Whether `predecessor` was bound, so that the search ends."""
    values = {
        "client_id": presented.client_id,
        "authority": presented.certificate.authority,
        "serial": presented.certificate.serial_bytes,
        "person_key": holder.person_key,
    }
    async with database.transaction() as connection:
        former = {"authority": predecessor.authority, "serial": predecessor.serial_bytes}
        bound_to = (await connection.execute(_BOUND, former)).scalar_one_or_none()
        if bound_to is None:
            return False
        if bound_to == holder.person_key:
            renewed = {
                "renewed_authority": predecessor.authority,
                "renewed_serial": predecessor.serial_bytes,
            }
            linked = (await connection.execute(_LINK, values | renewed)).scalar_one_or_none()
            # Two taps at the same moment: the other one may have made this very binding.
            same = {"authority": values["authority"], "serial": values["serial"]}
            if linked or (await connection.execute(_BOUND, same)).scalar_one_or_none() == holder.person_key:
                return True
        await connection.execute(_REFUSED, values | {"bound_to": bound_to})
    raise ShikakuError("registration-conflict")
