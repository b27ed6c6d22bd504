"""The trust stores of certificate authorities that the settings name."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from eligibility_api.domain.certificate import TrustStore
from eligibility_api.platform.settings import Settings


def load_trust(settings: Settings) -> TrustStore:
    """Read the trust stores. Raises OSError or ValueError: without them no certificate can be accepted."""
    signature = settings.signature_trust_store
    return TrustStore(_read(settings.trust_store), _read(signature) if signature is not None else ())


def _read(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())
