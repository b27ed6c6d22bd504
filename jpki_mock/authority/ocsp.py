"""The OCSP responder (RFC 6960), one per authority key.

It signs with a delegated certificate that is included in the response. Responses have the state recorded at
that moment, also of expired certificates; their archive cutoff says since when. `service/` handles HTTP.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from jpki_mock.authority.authorities import Authorities, Authority, random_serial
from jpki_mock.authority.keys import (
    KeyMaker,
    KeyProfile,
    PrivateKey,
    load_key,
    save_key,
    sign,
    signature_hash,
)
from jpki_mock.authority.ocsp_lists import join_responses, split_request
from jpki_mock.authority.profiles import build_leaf, responder_leaf
from jpki_mock.authority.records import Records
from jpki_mock.authority.revocation import CRL_REASONS
from jpki_mock.authority.validity import retained_since
from jpki_mock.authority.values import CaId, Period, Revocation
from jpki_mock.clock import day_in_japan, start_of_day
from jpki_mock.errors import NotFound
from jpki_mock.settings import Settings
from jpki_mock.store import Store

_RESPONDER_LIFETIME = timedelta(days=30)
_RESPONDER_RENEWAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Query:
    algorithm: hashes.HashAlgorithm
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    nonce: x509.OCSPNonce | None


class Responder:
    """Responds whether certificates are good, revoked or unknown."""

    def __init__(
        self, store: Store, authorities: Authorities, records: Records, settings: Settings, make_key: KeyMaker
    ) -> None:
        self._store = store
        self._authorities = authorities
        self._records = records
        self._settings = settings
        self._make_key = make_key
        self._keys: dict[CaId, PrivateKey] = {}

    def answer(self, ca: CaId, request: bytes, now: datetime) -> bytes:
        """Return the response (DER) to a request (DER) about one certificate or several, 64 at most.

        Raises NotFound for the authority. The response is `malformedRequest` for an unreadable request,
        `unauthorized` if a certificate is of another authority.
        """
        authority = self._authorities.get(ca)
        queries = _read(request)
        if not queries:
            return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if not all(_is_about(query, authority) for query in queries):
            return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        responses = [self._respond(authority, query, now) for query in queries]
        retained = start_of_day(retained_since(day_in_japan(now)))
        return join_responses(responses, retained, lambda data: sign(self._key(ca), data))

    def certificate(self, ca: CaId, now: datetime) -> x509.Certificate:
        """Return the responder's certificate; reissues it shortly before its expiry. Raises NotFound."""
        authority = self._authorities.get(ca)
        kept = self._current_certificate(ca, now)
        if kept is not None:
            return kept
        with self._store.unit() as connection:
            # Another process may have issued it while this one waited for the lock.
            certificate = self._current_certificate(ca, now) or self._certify(authority, now)
            der = certificate.public_bytes(Encoding.DER)
            connection.execute("UPDATE authorities SET responder = ? WHERE ca_id = ?", (der, str(ca)))
        return certificate

    def _current_certificate(self, ca: CaId, now: datetime) -> x509.Certificate | None:
        row = self._store.row(
            "SELECT responder FROM authorities WHERE ca_id = ? AND responder IS NOT NULL", str(ca)
        )
        if row is None:
            return None
        kept = x509.load_der_x509_certificate(row["responder"])
        usable = kept.not_valid_before_utc <= now < kept.not_valid_after_utc - _RESPONDER_RENEWAL
        return kept if usable else None

    def _certify(self, authority: Authority, now: datetime) -> x509.Certificate:
        serial = random_serial()
        while self._records.has(authority.id, serial):
            serial = random_serial()
        start = now.astimezone(UTC).replace(microsecond=0)
        leaf = responder_leaf(
            authority.id,
            self._key(authority.id).public_key(),
            serial,
            Period(start, start + _RESPONDER_LIFETIME),
        )
        return build_leaf(leaf, authority.certificate, authority.key)

    def _key(self, ca: CaId) -> PrivateKey:
        if ca not in self._keys:
            path = self._authorities.key_path(ca).with_suffix(".ocsp.pem")
            if not path.exists():
                save_key(path, self._make_key(KeyProfile.RSA))
            self._keys[ca] = load_key(path)
        return self._keys[ca]

    def _status(self, authority: Authority, serial: int) -> tuple[ocsp.OCSPCertStatus, Revocation | None]:
        try:
            record = self._records.find(authority.certificate_id(serial))
        except NotFound:
            return ocsp.OCSPCertStatus.UNKNOWN, None
        if record.revocation is None:
            return ocsp.OCSPCertStatus.GOOD, None
        return ocsp.OCSPCertStatus.REVOKED, record.revocation

    def _respond(self, authority: Authority, query: _Query, now: datetime) -> bytes:
        status, revocation = self._status(authority, query.serial)
        responder = self.certificate(authority.id, now)
        this_update = now.astimezone(UTC).replace(microsecond=0)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=query.issuer_name_hash,
                issuer_key_hash=query.issuer_key_hash,
                serial_number=query.serial,
                algorithm=query.algorithm,
                cert_status=status,
                this_update=this_update,
                next_update=this_update + self._settings.ocsp_lifetime,
                revocation_time=None if revocation is None else revocation.at,
                revocation_reason=None if revocation is None else _reason(revocation),
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
            .certificates([responder])
        )
        if query.nonce is not None:
            builder = builder.add_extension(query.nonce, critical=False)
        key = self._key(authority.id)
        return builder.sign(key, signature_hash(key)).public_bytes(Encoding.DER)


def _read(request: bytes) -> list[_Query]:
    """Read a query for each certificate; none if the request is unreadable, or about too many."""
    try:
        return [_query(single) for single in split_request(request)]
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):
        return []


def _query(request: bytes) -> _Query:
    parsed = ocsp.load_der_ocsp_request(request)
    if parsed.serial_number < 0:
        raise ValueError("no authority issues a negative serial number")
    return _Query(
        parsed.hash_algorithm,
        parsed.issuer_name_hash,
        parsed.issuer_key_hash,
        parsed.serial_number,
        _nonce(parsed),
    )


def _nonce(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    found = [extension.value for extension in request.extensions]
    return next((value for value in found if isinstance(value, x509.OCSPNonce)), None)


def _is_about(query: _Query, authority: Authority) -> bool:
    certificate = authority.certificate
    key_bits = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    hashed = [_digest(query.algorithm, part) for part in (certificate.subject.public_bytes(), key_bits)]
    return hashed == [query.issuer_name_hash, query.issuer_key_hash]


def _digest(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()


def _reason(revocation: Revocation) -> x509.ReasonFlags | None:
    reason = CRL_REASONS[revocation.reason]
    return None if reason is x509.ReasonFlags.unspecified else reason


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
