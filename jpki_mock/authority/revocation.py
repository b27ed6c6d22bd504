"""Pure rules for revoking, suspending, resuming and renewing certificates.

`CRL_REASONS` has the reason codes that `crl.py` and `ocsp.py` publish.
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
"""Published reason codes (RFC 5280 section 5.3.1). A death is not recognisable, since the CRL is public."""


def revoke(record: Record, reason: Reason, at: datetime) -> Revocation:
    """Return the revocation of a certificate.

    A hold becomes permanent with the instant at which it began, since the certificate was invalid from then
    on. Raises NotAllowed if it is permanently revoked, if it is already on hold and the reason is a loss, or
    for a change of the four items and an authentication certificate, which does not contain them.
    """
    if reason is Reason.CHANGE and record.ca.kind is not Kind.SIGNATURE:
        raise NotAllowed(
            "A change of name, address, birth date or sex revokes the signature certificate only."
        )
    before = record.revocation
    if before is None:
        return Revocation(reason, at)
    if before.reason is not Reason.LOSS:
        raise NotAllowed("The certificate is already revoked.")
    if reason is Reason.LOSS:
        raise NotAllowed("The certificate is already suspended.")
    return Revocation(reason, before.at)


def follows_card(phone: Record, reason: Reason) -> bool:
    """Return whether the revocation of its card's certificate changes a phone's.

    It suspends one that is valid, and revokes one that is valid or suspended.
    """
    if phone.revocation is None:
        return True
    return phone.revocation.reason is Reason.LOSS and reason is not Reason.LOSS


def check_resumable(record: Record, card: Record | None = None) -> None:
    """Check that a suspension may be lifted: only that of a phone's authentication certificate.

    `card` is the certificate of the phone's card: while it is suspended or revoked, so is the phone's. The
    certificates of a found card are revoked and issued anew. Raises NotAllowed.
    """
    if record.revocation is None or record.revocation.reason is not Reason.LOSS:
        raise NotAllowed("The certificate is not suspended.")
    if record.carrier is not Carrier.ANDROID or record.ca.kind is not Kind.AUTHENTICATION:
        raise NotAllowed(
            "Only a phone's authentication certificate can be resumed; a found card is issued anew."
        )
    if card is not None and card.revocation is not None:
        raise NotAllowed("The certificate of the phone's card is suspended or revoked.")


def is_renewable(record: Record) -> bool:
    """Return whether a certificate can be renewed: it is valid, expired or suspended."""
    return record.revocation is None or record.revocation.reason in (Reason.LOSS, Reason.EXPIRY)
