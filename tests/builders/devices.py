"""Files of TLS connections: a devices' authority, certificates of clients, and the certificate of a server."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from jpki_mock.authority.keys import make_key, private_key_pem
from jpki_mock.devices import Devices
from jpki_mock.store import Store

DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


def open_devices(home: Path) -> Devices:
    """The devices' authority of a folder."""
    home.mkdir(parents=True, exist_ok=True)
    return Devices(Store(home / "jpki.sqlite"), home, make_key)


def client_file(
    devices: Devices, path: Path, *, start: datetime | None = None, life: timedelta = DAY
) -> Path:
    """The file of a new client certificate and its key, named after the device."""
    path.write_bytes(devices.issue(path.stem, start or now() - timedelta(hours=1), life, now()))
    return path


def server_files(folder: Path) -> tuple[Path, Path]:
    """A server's certificate for 127.0.0.1 with its key, and the same certificate as its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "synthetic proxy")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - DAY)
        .not_valid_after(now() + DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    server, authority = folder / "server.pem", folder / "server-authority.pem"
    server.write_bytes(private_key_pem(key) + pem)
    authority.write_bytes(pem)
    return server, authority
