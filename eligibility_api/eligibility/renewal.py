"""Renewal links: a certificate that J-LIS issued in place of a bound one takes over its binding, on demand.

A link is accepted only from J-LIS, only for the same person, and only once: a certificate has one successor. None
is accepted for a person with the self-disclosure-blocked flag (rule B2).
"""

from __future__ import annotations

from sqlalchemy import text

from eligibility_api.database.connections import Database
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.jlis.client import Holder, Jlis
from eligibility_api.presence.query import HolderAnswer, VerifiedProof

_BLOCKED = text(f"""
SELECT EXISTS (
    SELECT FROM enrolment e {KNOWN_NOW}
    WHERE e.person_key = :person_key AND {NOT_SUPERSEDED} AND e.self_disclosure_blocked
)
""")  # noqa: S608 - parts of the store, no values

_BOUND = text("""
SELECT person_key, ends_at FROM binding
WHERE authority = :authority AND serial = :serial AND coalesce(ends_at > now(), true)
""")

_LINK = text("""
WITH recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, authority, serial, person_key, detail)
    VALUES ('binding.renewal', 'bound', :client_id, :institution_code, :authority, :serial, :person_key,
            jsonb_build_object('basis', 'J-LIS renewal link'))
    RETURNING record_id
)
INSERT INTO binding (authority, serial, person_key, basis, renewed_authority, renewed_serial, not_after, carrier,
                     ends_at, record_id)
SELECT :authority, :serial, :person_key, 'renewal', :renewed_authority, :renewed_serial, :not_after, :carrier, :ends_at,
       record_id
FROM recorded
ON CONFLICT DO NOTHING
RETURNING true
""")


# A refused link binds nothing; its record is written by the transaction that found it out.
_REFUSED = text("""
INSERT INTO audit_record (kind, outcome, client_id, institution_code, authority, serial, person_key, detail)
VALUES ('binding.renewal', :outcome, :client_id, :institution_code, :authority, :serial, :person_key,
        jsonb_build_object('basis', 'J-LIS renewal link'))
""")


async def follow_link(database: Database, jlis: Jlis, proof: VerifiedProof) -> HolderAnswer:
    """Query J-LIS once for the certificate's predecessors, and bind the certificate if one of them is bound.

    The outcome is `bound`; `unlinked` if no predecessor is bound; `registration-conflict` for a link that names
    another person or is taken by another certificate; or `card-not-usable` for a person whose link binds nothing.
    A refused link has a record of its own; the statement that spends the proof records the outcome too. Raises
    `register-unavailable`.
    """
    holder = await jlis.holder(proof.certificate)
    if holder is None:
        return HolderAnswer("unlinked")
    for predecessor in holder.predecessors:
        outcome = await _bind_after(database, proof, holder, predecessor)
        if outcome is not None:
            return HolderAnswer(outcome, holder.person_key, carrier=holder.carrier)
    return HolderAnswer("unlinked", holder.person_key, carrier=holder.carrier)


async def _bind_after(
    database: Database, proof: VerifiedProof, holder: Holder, predecessor: CertificateId
) -> str | None:
    """The outcome of binding the certificate in place of `predecessor`; None if that one is not bound."""
    this = {
        "authority": proof.certificate.authority,
        "serial": proof.certificate.serial_bytes,
    }
    asked = this | {
        "client_id": proof.client_id,
        "institution_code": proof.challenge.institution_code,
        "person_key": holder.person_key,
    }

    async def refused(outcome: str) -> str:
        await connection.execute(_REFUSED, asked | {"outcome": outcome})
        return outcome

    former = {"authority": predecessor.authority, "serial": predecessor.serial_bytes}
    async with database.transaction() as connection:
        bound = (await connection.execute(_BOUND, former)).one_or_none()
        if bound is None:
            return None
        if bound.person_key != holder.person_key:
            return await refused("registration-conflict")
        if (await connection.execute(_BLOCKED, {"person_key": holder.person_key})).scalar_one():
            return await refused("card-not-usable")
        values = asked | {
            "renewed_authority": predecessor.authority,
            "renewed_serial": predecessor.serial_bytes,
            "not_after": proof.not_after,
            "carrier": holder.carrier,
            # A deregistration that was requested ends the new certificate's registration too.
            "ends_at": bound.ends_at,
        }
        async with connection.begin_nested() as savepoint:
            if (await connection.execute(_LINK, values)).scalar_one_or_none():
                return "bound"
            await savepoint.rollback()  # nothing was bound, so nothing is recorded
        # Not bound by this call: either two simultaneous taps, or another certificate has taken the link.
        now_bound_to = (await connection.execute(_BOUND, this)).scalar_one_or_none()
        return "bound" if now_bound_to == holder.person_key else await refused("registration-conflict")
