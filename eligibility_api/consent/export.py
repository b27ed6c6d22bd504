"""The SQL of exporting a consent: all that proves it without the fund, as an auditor reads it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.consent import ConsentEvidence

_CONSENT = text("""
SELECT p.permit_id AS consent_id, p.basis, p.given_at, p.until AS available_until, p.operator, p.client_id AS terminal_id,
       v.statement, v.words, v.audience, v.presence_record, v.challenge, v.certificate, v.signature, v.revocation,
       e.ended_at, e.reason AS end_reason
FROM permit p
JOIN consent_evidence v USING (permit_id)
LEFT JOIN permit_end e USING (permit_id)
WHERE p.permit_id = :consent_id
""")


async def export(connection: AsyncConnection, consent_id: UUID) -> ConsentEvidence | None:
    """The evidence of a consent; None where there is none."""
    row = (await connection.execute(_CONSENT, {"consent_id": consent_id})).mappings().one_or_none()
    if row is None:
        return None
    return ConsentEvidence.model_validate(dict(row))
