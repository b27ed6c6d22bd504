"""The certificate profiles: contents of a root's, a resident's, a terminal's and a responder's certificate.

Pure functions: the caller chooses keys, names, serial numbers and instants; nothing is recorded or validated.
`Leaf` is open on purpose: change one field of a valid one with `dataclasses.replace`, and `build_leaf`
returns a certificate with exactly one fault.

The real profile document is not public. Assumptions beyond published facts: both leaf kinds have a critical
policy with a CPS, and the CRL distribution point is a directory name, as in the roots.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import ExtendedKeyUsageOID

from jpki_mock.authority import names
from jpki_mock.authority.keys import PrivateKey, PublicKey, signature_hash
from jpki_mock.authority.values import CaId, Holder, Kind, Period
from jpki_mock.clock import era_of

_ROOT_BEFORE = timedelta(days=8 * 365)
_ROOT_AFTER = timedelta(days=12 * 365)

_NO_USAGE = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}
AUTHORITY_USAGE = x509.KeyUsage(**{**_NO_USAGE, "key_cert_sign": True, "crl_sign": True})
AUTHENTICATION_USAGE = x509.KeyUsage(**{**_NO_USAGE, "digital_signature": True})
SIGNATURE_USAGE = x509.KeyUsage(**{**_NO_USAGE, "digital_signature": True, "content_commitment": True})
"""digitalSignature and nonRepudiation (now called contentCommitment in X.509)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The contents of a leaf certificate before it is signed."""

    subject: x509.Name
    public_key: PublicKey
    serial: int
    period: Period
    key_usage: x509.KeyUsage
    policy: x509.ObjectIdentifier | None = None
    crl: CaId | None = None
    """The authority whose CRL the distribution point names."""
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    """Further extensions, each with its criticality."""


def build_root(ca: CaId, key: PrivateKey, serial: int, now: datetime) -> x509.Certificate:
    """Build the self-signed certificate of an authority.

    It is valid from eight years before `now`, so that cards can be issued in the past, and outlives every
    leaf.
    """
    name = names.authority_name(ca.kind)
    start = now.astimezone(UTC).replace(microsecond=0)
    alternative = x509.SubjectAlternativeName([x509.DirectoryName(names.alternative_authority_name())])
    public_key = key.public_key()
    return (
        x509.CertificateBuilder(
            subject_name=name, issuer_name=name, public_key=public_key, serial_number=serial
        )
        .not_valid_before(start - _ROOT_BEFORE)
        .not_valid_after(start + _ROOT_AFTER)
        .add_extension(AUTHORITY_USAGE, critical=True)
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_distribution_points(ca), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(key, signature_hash(key))
    )


def authentication_leaf(ca: CaId, public_key: PublicKey, serial: int, period: Period) -> Leaf:
    """Return the contents of a user-authentication certificate (利用者証明用電子証明書), without data of the holder."""
    return Leaf(
        subject=names.opaque_name(Kind.AUTHENTICATION),
        public_key=public_key,
        serial=serial,
        period=period,
        key_usage=AUTHENTICATION_USAGE,
        policy=names.AUTHENTICATION_POLICY,
        crl=ca,
    )


def signature_leaf(ca: CaId, public_key: PublicKey, serial: int, period: Period, holder: Holder) -> Leaf:
    """Return the contents of a signature certificate (署名用電子証明書), with the holder's four items."""
    return Leaf(
        subject=names.opaque_name(Kind.SIGNATURE),
        public_key=public_key,
        serial=serial,
        period=period,
        key_usage=SIGNATURE_USAGE,
        policy=names.SIGNATURE_POLICY,
        crl=ca,
        extra=((_holder_names(holder), False),),
    )


def terminal_leaf(terminal_id: str, public_key: PublicKey, serial: int, period: Period) -> Leaf:
    """Return the contents of a terminal's certificate, for the PIN-less route (visual check) of cards."""
    return Leaf(
        subject=names.terminal_name(terminal_id),
        public_key=public_key,
        serial=serial,
        period=period,
        key_usage=AUTHENTICATION_USAGE,
        extra=((x509.BasicConstraints(ca=False, path_length=None), True),),
    )


def responder_leaf(ca: CaId, public_key: PublicKey, serial: int, period: Period) -> Leaf:
    """Return the contents of a delegated OCSP responder's certificate (RFC 6960 section 4.2.2.2)."""
    return Leaf(
        subject=names.responder_name(ca),
        public_key=public_key,
        serial=serial,
        period=period,
        key_usage=AUTHENTICATION_USAGE,
        extra=(
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
            (x509.OCSPNoCheck(), False),
        ),
    )


def build_leaf(leaf: Leaf, issuer: x509.Certificate, issuer_key: PrivateKey) -> x509.Certificate:
    """Sign a leaf certificate. The issuer's name and key identifier are taken from its certificate."""
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = x509.CertificateBuilder(
        subject_name=leaf.subject,
        issuer_name=issuer.subject,
        public_key=leaf.public_key,
        serial_number=leaf.serial,
    )
    builder = builder.not_valid_before(leaf.period.start).not_valid_after(leaf.period.end)
    own = (
        (leaf.key_usage, True),
        *leaf.extra,
        (x509.SubjectKeyIdentifier.from_public_key(leaf.public_key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), False),
    )
    for extension, critical in own:
        builder = builder.add_extension(extension, critical)
    if leaf.policy is not None:
        builder = builder.add_extension(_policies(leaf.policy), critical=True)
    if leaf.crl is not None:
        builder = builder.add_extension(_distribution_points(leaf.crl), critical=False)
    return builder.sign(issuer_key, signature_hash(issuer_key))


def _policies(policy: x509.ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(policy, [names.CPS_URI])])


def _distribution_points(ca: CaId) -> x509.CRLDistributionPoints:
    place = x509.DirectoryName(names.distribution_point_name(ca))
    return x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)])


def _holder_names(holder: Holder) -> x509.SubjectAlternativeName:
    texts = (
        (names.HOLDER_NAME, holder.name),
        (names.HOLDER_SEX, holder.sex),
        (names.HOLDER_BIRTH_DATE, _birth_date_with_era(holder)),
        (names.HOLDER_ADDRESS, holder.address),
    )
    return x509.SubjectAlternativeName([x509.OtherName(oid, asn1.encode_der(text)) for oid, text in texts])


def _birth_date_with_era(holder: Holder) -> str:
    era, _ = era_of(holder.birth_date)
    return f"{era}{holder.birth_date:%Y%m%d}"
