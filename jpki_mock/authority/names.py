"""Names and object identifiers of the synthetic JPKI; every organisation name contains "synthetic".

All generations of one kind share one distinguished name, as the real authorities do; an issuer is identified
by its key. The identifiers follow the publicly known real profile, so that software which reads them is
exercised.
"""

import secrets

from cryptography import x509
from cryptography.x509.oid import NameOID

from jpki_mock.authority.values import CaId, Kind

ORGANISATION = "SHIKAKU SYNTHETIC JPKI"
AGENCY = "Synthetic Agency for Local Authority Information Systems"
LOCALITY = "Synthetic municipality"

AUTHENTICATION_POLICY = x509.ObjectIdentifier("1.2.392.200149.8.5.1.3.30")
SIGNATURE_POLICY = x509.ObjectIdentifier("1.2.392.200149.8.5.1.1.20")
CPS_URI = "http://cps.jpki.invalid/cps.html"
"""URI of the practice statement; the top-level domain never resolves (RFC 2606)."""

HOLDER_NAME = x509.ObjectIdentifier("1.2.392.200149.8.5.5.1")
HOLDER_SEX = x509.ObjectIdentifier("1.2.392.200149.8.5.5.3")
HOLDER_BIRTH_DATE = x509.ObjectIdentifier("1.2.392.200149.8.5.5.4")
HOLDER_ADDRESS = x509.ObjectIdentifier("1.2.392.200149.8.5.5.5")

_UNITS = {
    Kind.AUTHENTICATION: "JPKI for user authentication",
    Kind.SIGNATURE: "JPKI for digital signature",
    Kind.TERMINAL: "JPKI for visual check terminals",
}
_OPAQUE_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def authority_name(kind: Kind) -> x509.Name:
    """Return the subject and issuer name of every generation of an authority."""
    return _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, ORGANISATION),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _UNITS[kind]),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, AGENCY),
    )


def alternative_authority_name() -> x509.Name:
    """Return the Japanese subject alternative name of a root."""
    return _name((NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, "資格模擬公的個人認証サービス"))


def distribution_point_name(ca: CaId) -> x509.Name:
    """Return the directory name of an authority's CRL distribution point."""
    common_name = x509.NameAttribute(NameOID.COMMON_NAME, f"CRL {ca}")
    return x509.Name([*authority_name(ca.kind), common_name])


def responder_name(ca: CaId) -> x509.Name:
    """Return the name of an authority's OCSP responder."""
    return _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, ORGANISATION),
        (NameOID.COMMON_NAME, f"OCSP responder {ca}"),
    )


def terminal_name(terminal_id: str) -> x509.Name:
    """Return the subject of a terminal's certificate."""
    return _name((NameOID.COUNTRY_NAME, "JP"), (NameOID.COMMON_NAME, terminal_id))


def opaque_name(kind: Kind) -> x509.Name:
    """Return a new opaque subject of a resident's certificate: 23 random characters.

    A signature certificate's subject also has a locality.
    """
    common_name = "".join(secrets.choice(_OPAQUE_ALPHABET) for _ in range(22)) + kind.value[0].upper()
    country = (NameOID.COUNTRY_NAME, "JP")
    if kind is Kind.SIGNATURE:
        return _name(country, (NameOID.LOCALITY_NAME, LOCALITY), (NameOID.COMMON_NAME, common_name))
    return _name(country, (NameOID.COMMON_NAME, common_name))
