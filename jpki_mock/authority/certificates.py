"""Issues, renews, revokes, suspends and resumes residents' certificates, and records it.

The rules are in `validity.py` and `revocation.py`, the contents in `profiles.py`, the SQL in `records.py`.
`personalisation.py` issues cards; this module uses public keys only.
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from cryptography import x509

from jpki_mock.authority import revocation, validity
from jpki_mock.authority.authorities import Authorities, Authority, random_serial
from jpki_mock.authority.keys import PublicKey
from jpki_mock.authority.profiles import Leaf, authentication_leaf, build_leaf, signature_leaf
from jpki_mock.authority.records import Records
from jpki_mock.authority.values import (
    CaId,
    Carrier,
    CertificateId,
    Holder,
    Kind,
    Period,
    Reason,
    Record,
    State,
)
from jpki_mock.clock import day_in_japan, end_of_day
from jpki_mock.errors import NotAllowed
from jpki_mock.register.resident import Resident
from jpki_mock.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application for a resident's certificate."""

    kind: Kind
    resident: Resident
    public_key: PublicKey
    card_expires_on: date
    carrier: Carrier = Carrier.CARD
    renews: CertificateId | None = None
    """The certificate that the new one replaces."""
    ca: CaId | None = None
    """The issuing generation; by default the newest."""
    serial: int | None = None
    """A fixed serial number; by default a random one."""


class Certificates:
    """The certificates of one home folder."""

    def __init__(self, store: Store, authorities: Authorities) -> None:
        self._store = store
        self._authorities = authorities
        self.records = Records(store)

    def issue(self, application: Application, now: datetime) -> x509.Certificate:
        """Issue a certificate; if it renews another one, link the two and revoke the old one.

        A phone's is linked to that of its holder's card, with which it ends. Raises NotAllowed if the resident has
        died, is too young or has no valid card for her phone, if the serial number is in use, or if the old
        certificate belongs to another person, is of another kind, revoked or already renewed.
        """
        _check_applicant(application, now)
        with self._store.unit():
            issuer = self._issuer(application)
            old = self._certificate_to_renew(application)
            card = self._card_for(application, now)
            new = Record(
                ca=issuer.id,
                id=issuer.certificate_id(application.serial or self._free_serial(issuer)),
                resident_id=application.resident.resident_id,
                carrier=application.carrier,
                period=Period(now.astimezone(UTC).replace(microsecond=0), _end(application, old, card, now)),
                revocation=None,
            )
            self._store_record(new, old, now)
            if card is not None:
                self.records.depend(new, card)
        return build_leaf(_leaf(application, new), issuer.certificate, issuer.key)

    def revoke(self, wanted: CertificateId, reason: Reason, now: datetime) -> Record:
        """Revoke a certificate, and those of phones that end with it.

        Raises NotFound, and NotAllowed as `revocation.revoke`.
        """
        with self._store.unit():
            record = self.records.find(wanted)
            changed = revocation.revoke(record, reason, now)
            self.records.set_revocation(record, changed)
            for phone in self.records.phones_of(record):
                if revocation.follows_card(phone, reason):
                    self.revoke(phone.id, reason, now)
        return replace(record, revocation=changed)

    def suspend(self, wanted: CertificateId, now: datetime) -> Record:
        """Suspend a certificate (一時停止) after its carrier was lost. Raises as `revoke`."""
        return self.revoke(wanted, Reason.LOSS, now)

    def resume(self, wanted: CertificateId) -> Record:
        """Lift the suspension of a phone's authentication certificate. Raises NotFound, NotAllowed."""
        with self._store.unit():
            record = self.records.find(wanted)
            revocation.check_resumable(record, self.records.card_of(record))
            self.records.set_revocation(record, None)
        return replace(record, revocation=None)

    def revoke_all_of(self, resident_id: str, reason: Reason, now: datetime, *kinds: Kind) -> list[Record]:
        """Revoke a resident's certificates that are not permanently revoked, and return them.

        Also expired ones whose revocations are still published: they may still be relied upon.
        """
        with self._store.unit():
            current = [
                record
                for record in self.records.of_resident(resident_id, *kinds)
                if record.state(now) is not State.REVOKED and _is_retained(record, now)
            ]
            for record in current:
                # The revocation of a card's certificate has revoked its phone's already.
                if self.records.find(record.id).state(now) is not State.REVOKED:
                    self.revoke(record.id, reason, now)
            return [self.records.find(record.id) for record in current]

    def has_card(self, resident_id: str, kind: Kind, now: datetime) -> bool:
        """Return whether a resident has a card with a valid certificate of this kind."""
        return bool(self._valid_cards(resident_id, kind, now))

    def _issuer(self, application: Application) -> Authority:
        if application.ca is None:
            return self._authorities.newest(application.kind)
        if application.ca.kind is not application.kind:
            raise NotAllowed("This authority issues certificates of another kind.")
        return self._authorities.get(application.ca)

    def _certificate_to_renew(self, application: Application) -> Record | None:
        if application.renews is None:
            return None
        old = self.records.find(application.renews)
        if (old.resident_id, old.ca.kind) != (application.resident.resident_id, application.kind):
            raise NotAllowed("A certificate is renewed for the same person and the same use only.")
        if not revocation.is_renewable(old):
            raise NotAllowed("The certificate was revoked and cannot be renewed; issue a new card.")
        return old

    def _card_for(self, application: Application, now: datetime) -> Record | None:
        """Return the certificate of the holder's newest valid card, for a phone's; None for a card's own."""
        if application.carrier is Carrier.CARD:
            return None
        cards = self._valid_cards(application.resident.resident_id, application.kind, now)
        if not cards:
            raise NotAllowed("A phone's certificate is issued to the holder of a card whose own is valid.")
        return cards[-1]

    def _valid_cards(self, resident_id: str, kind: Kind, now: datetime) -> list[Record]:
        """Return the valid certificates of a resident's cards, oldest first."""
        return [
            record
            for record in self.records.of_resident(resident_id, kind)
            if record.carrier is Carrier.CARD and record.state(now) is State.GOOD
        ]

    def _free_serial(self, issuer: Authority) -> int:
        serial = random_serial()
        while self.records.has(issuer.id, serial):
            serial = random_serial()
        return serial

    def _store_record(self, new: Record, old: Record | None, now: datetime) -> None:
        try:
            self.records.add(new)
            if old is not None:
                self.records.link(old, new)
        except sqlite3.IntegrityError as error:
            raise NotAllowed(
                "The serial number is in use, or the old certificate is already renewed."
            ) from error
        if old is not None and old.state(now) is not State.REVOKED and _is_retained(old, now):
            self.revoke(old.id, Reason.RENEWAL, now)


def _check_applicant(application: Application, now: datetime) -> None:
    resident = application.resident
    if resident.died_on is not None:
        raise NotAllowed("The resident has died.")
    young = not validity.may_have_signature(resident.birth_date, day_in_japan(now))
    if application.kind is Kind.SIGNATURE and young:
        raise NotAllowed(f"A signature certificate is issued from the age of {validity.SIGNATURE_AGE}.")


def _is_retained(record: Record, now: datetime) -> bool:
    """Whether a revocation of the certificate would still be published."""
    return day_in_japan(record.period.end) >= validity.retained_since(day_in_japan(now))


def _end(application: Application, old: Record | None, card: Record | None, now: datetime) -> datetime:
    last_day = validity.certificate_expiry(
        application.resident.birth_date,
        day_in_japan(now),
        application.card_expires_on,
        None if old is None else day_in_japan(old.period.end),
    )
    end = end_of_day(last_day).astimezone(UTC)
    return end if card is None else min(end, card.period.end)


def _leaf(application: Application, new: Record) -> Leaf:
    common = (new.ca, application.public_key, new.id.serial, new.period)
    if application.kind is Kind.AUTHENTICATION:
        return authentication_leaf(*common)
    resident = application.resident
    holder = Holder(resident.name, resident.address, resident.birth_date, resident.sex)
    return signature_leaf(*common, holder)
