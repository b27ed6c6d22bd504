"""The proof query: all database checks of a proof in one statement and one round trip.

Read from top to bottom it is the rule. The CTE `guard` checks: is the challenge still in time by the
database's clock, is the terminal still admitted, is the certificate's revocation status known and what is it,
to whom is the certificate bound. `spent_now` spends the challenge if all of that can be decided. What an
endpoint adds (reading enrolments, binding a certificate) depends on `spent_now`, and so does the audit
record: no use without its record, no record of a use that did not happen. Being one statement, it is one
transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.challenge import Challenge
from eligibility_api.domain.expiry import Carrier
from eligibility_api.domain.revocation import CertificateStatus

PROOF_CHECK = """
guard AS MATERIALIZED (
    SELECT *, CASE
        -- For a proof that was spent before no other source is queried.
        WHEN used THEN NULL
        WHEN revocation_status IS NULL THEN 'revocation_status'
        WHEN revocation_status = 'good' AND {holder_missing} THEN 'holder' END AS missing
    FROM (
        SELECT
            now() < :expires_at::timestamptz AS in_time,
            EXISTS (SELECT FROM used_nonce WHERE expires_at = :expires_at AND id = :nonce) AS used,
            t.client_id IS NOT NULL AS admitted,
            coalesce(t.rights @> :rights::text[], false) AS entitled,
            t.institution_code,
            t.kind AS facility_kind,
            CASE WHEN a.authority IS NOT NULL THEN coalesce(r.status, 'good') ELSE :ocsp_status::text END AS revocation_status,
            CASE WHEN a.authority IS NOT NULL THEN 'crl ' || a.crl_number::text ELSE 'ocsp' END AS evidence,
            b.person_key,
            {carrier} AS carrier
        FROM (VALUES (true)) AS always (one)
        LEFT JOIN (
            SELECT c.client_id, c.rights, f.institution_code, f.kind
            FROM client c JOIN facility f USING (institution_code)
            WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
        ) t ON true
        -- The mirror counts only while it is fresh, and of an expired certificate only if its list keeps those.
        LEFT JOIN authority a
            ON a.authority = :authority AND a.checked_at > now() - :max_age::interval AND a.next_update > now() AND {list_covers}
        LEFT JOIN revoked_certificate r ON r.authority = :authority AND r.serial = :serial
        LEFT JOIN binding b ON b.authority = :authority AND b.serial = :serial AND coalesce(b.ends_at > now(), true)
        -- Keeps the subquery separate: merged with the outer one, it would search every partition of `used_nonce` twice.
        OFFSET 0
    ) checked
)
"""
"""The CTE `guard`, with the parameters of `VerifiedProof.values`.

`ocsp_status` is OCSP's answer or null, `max_age` that of the mirror; `holder_outcome` is the outcome of asking
J-LIS for the certificate's holder (null: not asked yet), and `holder` the person that it named. `missing` is
what another source must supply before the proof can be spent.

`list_covers` is the condition under which the mirrored list speaks of the certificate, and `carrier` the
expression of its carrier: both concern only certificates that have expired or expire soon.
"""

UNEXPIRED = {"list_covers": "true", "carrier": "NULL::text"}
"""Parts of `PROOF_CHECK` for proofs whose certificate is in its period, and whose carrier does not matter."""

_CARRIER = "(SELECT k.carrier FROM binding k WHERE k.authority = :authority AND k.serial = :serial)"


def bound_carrier(condition: str) -> str:
    """The carrier of the bound certificate, read only if the condition holds.

    The binding's key includes the person and the end, not the carrier: most taps read its index alone.
    """
    return f"CASE WHEN {condition} THEN {_CARRIER} END"


def certificate_remark(expires_on: str) -> str:
    """The record's member about a certificate that has expired or expires soon: its last day and its carrier.

    `expires_on` is the expression of that day; null outside of the alert.
    """
    return (
        f"CASE WHEN {expires_on}::date IS NOT NULL"
        f" THEN jsonb_build_object('expires_on', {expires_on}::date, 'carrier', carrier) END"
    )


DECIDABLE = "in_time AND admitted AND entitled AND missing IS NULL"
"""The condition under which a challenge may be spent at all."""

SPEND_NONCE = """
spent_now AS (
    INSERT INTO used_nonce (expires_at, id)
    SELECT :expires_at, :nonce FROM guard WHERE {condition}
    ON CONFLICT DO NOTHING
    RETURNING true AS done
)
"""

_VISUAL_LIMIT = """
counted AS (
    INSERT INTO visual_check_count AS v (client_id, hour, checks)
    SELECT :client_id, date_trunc('hour', now()), 1 FROM guard WHERE {condition} AND NOT used AND {limit} > 0
    ON CONFLICT (client_id, hour) DO UPDATE SET checks = v.checks + 1 WHERE v.checks < {limit}
    RETURNING true AS done
),
"""


def spend_ctes(*, visual_limit: str | None) -> tuple[str, str]:
    """The CTE `spent_now`, and an expression: whether the check is within the hourly limit of visual checks.

    `visual_limit` is the parameter of that limit; None if the card signed with its PIN.
    """
    if visual_limit is None:
        return SPEND_NONCE.format(condition=DECIDABLE), "true"
    counted = _VISUAL_LIMIT.format(condition=DECIDABLE, limit=visual_limit)
    spent = SPEND_NONCE.format(condition=f"{DECIDABLE} AND EXISTS (SELECT FROM counted)")
    return counted + spent, "EXISTS (SELECT FROM counted) OR used OR missing IS NOT NULL"


Missing = Literal["revocation_status", "holder"]


@dataclass(frozen=True, slots=True)
class HolderAnswer:
    """J-LIS's answer to the question who holds a certificate and what carries it, and its outcome.

    `outcome`: `asked` (registration), `bound` or `unlinked` (renewal link), or the code of a refusal.
    """

    outcome: str
    person_key: bytes | None = None
    predecessors: Sequence[CertificateId] = ()
    carrier: Carrier | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Answers of other sources that the database query lacked; None if a source was not queried."""

    ocsp: CertificateStatus | None = None
    holder: HolderAnswer | None = None

    @property
    def is_of_database(self) -> bool:
        """Whether no other source has been queried."""
        return self.ocsp is None and self.holder is None


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """A verified proof, ready for the database: the challenge to spend, the client, and the certificate."""

    challenge: Challenge
    client_id: UUID
    rights: Sequence[Right]
    certificate: CertificateId
    not_after: datetime
    """The end of the certificate's validity: stored with its binding."""

    def ended_at(self, now: datetime) -> datetime | None:
        """The end of the certificate's validity if it is past, during the grace period; else None."""
        return self.not_after if self.not_after < now else None

    def values(self, evidence: Evidence, max_age: timedelta) -> dict[str, Any]:
        """The parameters of `PROOF_CHECK`."""
        ocsp, holder = evidence.ocsp, evidence.holder
        return {
            "expires_at": self.challenge.expires_at,
            "nonce": self.challenge.nonce,
            "rights": tuple(right.value for right in self.rights),
            "client_id": self.client_id,
            "authority": self.certificate.authority,
            "serial": self.certificate.serial_bytes,
            "ocsp_status": ocsp.value if ocsp is not None else None,
            "max_age": max_age,
            "holder_outcome": holder.outcome if holder is not None else None,
            "holder": holder.person_key if holder is not None else None,
        }


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """The row of `PROOF_CHECK`. `missing` names what another source must supply first."""

    in_time: bool
    admitted: bool
    entitled: bool
    missing: Missing | None
    revocation_status: CertificateStatus | None
    person_key: bytes | None
    facility_kind: FacilityKind | None
    spent: bool
    record_id: UUID | None
    recorded_at: datetime | None
    carrier: Carrier | None = None
    """Of a certificate that has expired or expires soon, if known."""

    @classmethod
    def of(cls, row: Any) -> ProofCheck:
        """From a row of a statement that selects the columns of `guard`, `spent`, and those of the record."""
        revocation_status = row["revocation_status"]
        return cls(
            in_time=row["in_time"],
            admitted=row["admitted"],
            entitled=row["entitled"],
            missing=row["missing"],
            revocation_status=CertificateStatus(revocation_status) if revocation_status is not None else None,
            person_key=row["person_key"],
            facility_kind=FacilityKind(row["facility_kind"]) if row["facility_kind"] is not None else None,
            spent=row["spent"],
            record_id=row["record_id"],
            recorded_at=row["recorded_at"],
            carrier=Carrier(row["carrier"]) if row["carrier"] is not None else None,
        )
