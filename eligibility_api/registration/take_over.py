"""Registrations that were made elsewhere before: by another channel, or at a fund that this one replaces (rule B3).

No card is present. J-LIS names the person and the carrier, as at every registration, and nothing else selects her.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.domain.certificate import TrustStore, UserCertificate, accept
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.jlis.client import Holder, Jlis
from eligibility_api.platform.errors import OperatorError

_BLOCKED = text(f"""
SELECT EXISTS (
    SELECT FROM enrolment e {KNOWN_NOW}
    WHERE e.person_key = :person_key AND {NOT_SUPERSEDED} AND e.self_disclosure_blocked
)
""")  # noqa: S608 - parts of the store, no values

_BIND = text("""
WITH recorded AS (
    INSERT INTO audit_record (kind, outcome, authority, serial, person_key, detail)
    SELECT 'binding.taken-over', 'bound', :authority, :serial, :person_key, CAST(:detail AS jsonb)
    WHERE NOT EXISTS (SELECT FROM binding WHERE authority = :authority AND serial = :serial)
    RETURNING record_id
)
INSERT INTO binding (authority, serial, person_key, basis, not_after, carrier, record_id)
SELECT :authority, :serial, :person_key, 'first-registration', :not_after, :carrier, record_id FROM recorded
RETURNING true
""")


async def take_over(
    connection: AsyncConnection, jlis: Jlis, trust: TrustStore, der: bytes, registered_on: date
) -> bool:
    """Bind a certificate (DER) as registered on a day on which it was valid; returns whether it was not bound yet.

    Raises OperatorError, the refusals of a certificate's path and profile, and `register-unavailable`.
    """
    certificate = accept(der, trust)
    _check_day(certificate, registered_on)
    holder = await jlis.holder(certificate.id)
    if holder is None:
        raise OperatorError("J-LIS does not know this certificate.")
    if (await connection.execute(_BLOCKED, {"person_key": holder.person_key})).scalar_one():
        raise OperatorError("Nothing is bound for this person (rule B2).")
    return await _bind(connection, certificate, holder, registered_on)


def _check_day(certificate: UserCertificate, registered_on: date) -> None:
    """Of the first and the last day of a certificate some part counts. Raises OperatorError."""
    first, last = day_in_japan(certificate.not_before), day_in_japan(certificate.not_after)
    ended_before = certificate.not_after < datetime.combine(registered_on, time(), JAPAN)
    if not first <= registered_on <= last or ended_before:
        raise OperatorError("The certificate was not valid on that day.")


async def _bind(
    connection: AsyncConnection, certificate: UserCertificate, holder: Holder, registered_on: date
) -> bool:
    values = {
        "authority": certificate.id.authority,
        "serial": certificate.id.serial_bytes,
        "person_key": holder.person_key,
        "not_after": certificate.not_after,
        "carrier": holder.carrier,
        "detail": json.dumps({"registered_on": registered_on.isoformat()}),
    }
    return (await connection.execute(_BIND, values)).scalar_one_or_none() is True
