"""The OCSP responder (RFC 6960): one per authority key, signing with a delegated certificate that comes with
the answer.

Answers tell what the record says at that moment. How requests arrive is HTTP's business (`service/`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from jpki_mock.authority.authorities import Authorities, Authority, random_serial
from jpki_mock.authority.keys import KeyMaker, KeyProfile, PrivateKey, load_key, save_key, signature_hash
from jpki_mock.authority.profiles import build_leaf, responder_leaf
from jpki_mock.authority.records import Records
from jpki_mock.authority.revocation import CRL_REASONS
from jpki_mock.authority.values import CaId, Period, Revocation
from jpki_mock.errors import NotFound
from jpki_mock.settings import Settings
from jpki_mock.store import Store

_RESPONDER_LIFE = timedelta(days=30)
_RESPONDER_RENEWAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Question:
    algorithm: hashes.HashAlgorithm
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    nonce: x509.OCSPNonce | None


class Responder:
    """Answers whether certificates are good, revoked or unknown."""

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
        """Answer a request (DER) about one certificate of an authority, in DER. Raises NotFound for the
        authority.

        A request that cannot be read is answered `malformedRequest`, one about another authority
        `unauthorized`.
        """
        authority = self._authorities.get(ca)
        question = _read(request)
        if question is None:
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if not _is_about(question, authority):
            return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        return self._sign(authority, question, now)

    def certificate(self, ca: CaId, now: datetime) -> x509.Certificate:
        """Return the responder's certificate, made anew when it is about to run out. Raises NotFound."""
        authority = self._authorities.get(ca)
        kept = self._kept(ca, now)
        if kept is not None:
            return kept
        with self._store.unit() as connection:
            # Another process may have made it while this one waited for the lock.
            certificate = self._kept(ca, now) or self._certify(authority, now)
            der = certificate.public_bytes(Encoding.DER)
            connection.execute("UPDATE authorities SET responder = ? WHERE ca_id = ?", (der, str(ca)))
        return certificate

    def _kept(self, ca: CaId, now: datetime) -> x509.Certificate | None:
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
            authority.id, self._key(authority.id).public_key(), serial, Period(start, start + _RESPONDER_LIFE)
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

    def _sign(self, authority: Authority, question: _Question, now: datetime) -> bytes:
        status, revocation = self._status(authority, question.serial)
        responder = self.certificate(authority.id, now)
        this_update = now.astimezone(UTC).replace(microsecond=0)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=question.issuer_name_hash,
                issuer_key_hash=question.issuer_key_hash,
                serial_number=question.serial,
                algorithm=question.algorithm,
                cert_status=status,
                this_update=this_update,
                next_update=this_update + self._settings.ocsp_lifetime,
                revocation_time=None if revocation is None else revocation.at,
                revocation_reason=None if revocation is None else _reason(revocation),
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
            .certificates([responder])
        )
        if question.nonce is not None:
            builder = builder.add_extension(question.nonce, critical=False)
        key = self._key(authority.id)
        return builder.sign(key, signature_hash(key)).public_bytes(Encoding.DER)


def _read(request: bytes) -> _Question | None:
    try:
        parsed = ocsp.load_der_ocsp_request(request)
        return _Question(
            parsed.hash_algorithm,
            parsed.issuer_name_hash,
            parsed.issuer_key_hash,
            parsed.serial_number,
            _nonce(parsed),
        )
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):
        return None


def _nonce(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    found = [extension.value for extension in request.extensions]
    return next((value for value in found if isinstance(value, x509.OCSPNonce)), None)


def _is_about(question: _Question, authority: Authority) -> bool:
    certificate = authority.certificate
    key_bits = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    hashed = [_digest(question.algorithm, part) for part in (certificate.subject.public_bytes(), key_bits)]
    return hashed == [question.issuer_name_hash, question.issuer_key_hash]


def _digest(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()


def _reason(revocation: Revocation) -> x509.ReasonFlags | None:
    reason = CRL_REASONS[revocation.reason]
    return None if reason is x509.ReasonFlags.unspecified else reason


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
