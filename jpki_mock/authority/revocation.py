"""When a certificate loses its effect, and whether it can regain it: pure rules.

What follows for CRL and OCSP is read from `CRL_REASONS`; who is told, and when, is decided in `crl.py` and
`ocsp.py`.
"""

from datetime import datetime

from cryptography.x509 import ReasonFlags

from jpki_mock.authority.values import Carrier, Kind, Reason, Record, Revocation
from jpki_mock.errors import NotAllowed

CRL_REASONS = {
    Reason.UNDELIVERED: ReasonFlags.unspecified,
    Reason.KEY_COMPROMISE: ReasonFlags.key_compromise,
    Reason.CHANGE: ReasonFlags.affiliation_changed,
    Reason.RENEWAL: ReasonFlags.superseded,
    Reason.REQUEST: ReasonFlags.cessation_of_operation,
    Reason.DEATH: ReasonFlags.cessation_of_operation,
    Reason.EXPIRY: ReasonFlags.cessation_of_operation,
    Reason.LOSS: ReasonFlags.certificate_hold,
}
"""What the world is told (RFC 5280 section 5.3.1). A death is not told as one: the CRL is public."""


def revoke(record: Record, reason: Reason, at: datetime) -> Revocation:
    """Return the revocation that a certificate gets.

    A hold becomes final with the date on which it began, since the certificate had no effect from then on.
    Raises NotAllowed if it was revoked for good before, is held already, or if a change of the four items
    should revoke an authentication certificate, which does not carry them.
    """
    if reason is Reason.CHANGE and record.ca.kind is not Kind.SIGNATURE:
        raise NotAllowed(
            "A change of name, address, birth date or sex revokes the signature certificate only."
        )
    before = record.revocation
    if before is None:
        return Revocation(reason, at)
    if before.reason is not Reason.LOSS:
        raise NotAllowed("The certificate was revoked before.")
    if reason is Reason.LOSS:
        raise NotAllowed("The certificate is suspended already.")
    return Revocation(reason, before.at)


def check_resumable(record: Record) -> None:
    """Check that a suspension may be lifted: only of the authentication certificate of a phone.

    A card that was found again is revoked and issued anew. Raises NotAllowed.
    """
    if record.revocation is None or record.revocation.reason is not Reason.LOSS:
        raise NotAllowed("The certificate is not suspended.")
    if record.carrier is not Carrier.ANDROID or record.ca.kind is not Kind.AUTHENTICATION:
        raise NotAllowed(
            "Only a phone's authentication certificate can be resumed; a found card is issued anew."
        )


def is_renewable(record: Record) -> bool:
    """Tell whether a certificate may have a successor: it is in effect, ran out or is suspended."""
    return record.revocation is None or record.revocation.reason in (Reason.LOSS, Reason.EXPIRY)
