"""Certificate revocation lists (RFC 5280 section 5): one per authority key, generated on request if outdated.

A returned list contains every change recorded before, of certificates until the end of their grace period
(the extension ExpiredCertsOnCRL says since when). It is regenerated after a change and when it is older
than the refresh time; each list has a higher number than all before it.
"""

import sqlite3
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki_mock.authority.authorities import Authorities, Authority
from jpki_mock.authority.keys import signature_hash
from jpki_mock.authority.records import Records
from jpki_mock.authority.revocation import CRL_REASONS
from jpki_mock.authority.validity import retained_since
from jpki_mock.authority.values import CaId, Revocation
from jpki_mock.clock import day_in_japan, start_of_day
from jpki_mock.settings import Settings
from jpki_mock.store import Store, to_seconds
from jpki_mock.tlv import generalized_time

EXPIRED_CERTS_ON_CRL = x509.ObjectIdentifier("2.5.29.60")
"""The extension ExpiredCertsOnCRL (X.509): the list has revoked certificates that expired since this instant."""

_CURRENT = """
SELECT a.changes AS recorded, l.* FROM authorities a LEFT JOIN revocation_lists l ON l.ca_id = a.ca_id WHERE
a.ca_id = ?
"""


class RevocationLists:
    """The current CRL of every authority."""

    def __init__(self, store: Store, authorities: Authorities, records: Records, settings: Settings) -> None:
        self._store = store
        self._authorities = authorities
        self._records = records
        self._settings = settings

    def current(self, ca: CaId, now: datetime) -> bytes:
        """Return an authority's CRL (DER); regenerates it if outdated. Raises NotFound."""
        authority = self._authorities.get(ca)
        row = self._row(ca)
        if self._is_current(row, now):
            return bytes(row["der"])
        with self._store.unit():
            # Another process may have generated it while this one waited for the lock.
            row = self._row(ca)
            return bytes(row["der"]) if self._is_current(row, now) else self._publish(authority, row, now)

    def _row(self, ca: CaId) -> sqlite3.Row:
        return self._store.rows(_CURRENT, str(ca))[0]

    def _is_current(self, row: sqlite3.Row, now: datetime) -> bool:
        if row["number"] is None or row["changes"] != row["recorded"]:
            return False
        refresh_at = row["this_update"] + self._settings.crl_refresh_seconds
        return bool(to_seconds(now) < min(refresh_at, row["next_update"]))

    def _publish(self, authority: Authority, row: sqlite3.Row, now: datetime) -> bytes:
        this_update = now.astimezone(UTC).replace(microsecond=0)
        next_update = this_update + self._settings.crl_lifetime
        number = (row["number"] or 0) + 1
        # A certificate stays on at least one list issued after its grace period (as RFC 5280 section 3.3).
        retained = retained_since(day_in_japan(this_update - self._settings.crl_lifetime))
        since = start_of_day(retained).astimezone(UTC)
        entries = [
            _entry(serial, revocation) for serial, revocation in self._records.revoked(authority.id, since)
        ]
        der = _sign(authority, number, (this_update, next_update), since, entries)
        with self._store.unit() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO revocation_lists"
                " (ca_id, number, changes, this_update, next_update, der) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    str(authority.id),
                    number,
                    row["recorded"],
                    to_seconds(this_update),
                    to_seconds(next_update),
                    der,
                ),
            )
        return der


def _entry(serial: int, revocation: Revocation) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(serial, revocation.at)
    reason = CRL_REASONS[revocation.reason]
    if reason is not x509.ReasonFlags.unspecified:  # to be omitted: RFC 5280 section 5.3.1
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()


def _sign(
    authority: Authority,
    number: int,
    window: tuple[datetime, datetime],
    expired_since: datetime,
    entries: list[x509.RevokedCertificate],
) -> bytes:
    this_update, next_update = window
    issuer_id = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    # Adding entries one by one copies the list each time, which takes minutes for a list of realistic size.
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=authority.certificate.subject,
        last_update=this_update,
        next_update=next_update,
        revoked_certificates=entries,
    )
    crl = (
        builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False
        )
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.UnrecognizedExtension(EXPIRED_CERTS_ON_CRL, generalized_time(expired_since)), critical=False
        )
        .sign(authority.key, signature_hash(authority.key))
    )
    return crl.public_bytes(Encoding.DER)
