"""Person keys: pseudonyms of residents, by which the fund knows them."""

import hashlib
import hmac
import secrets
from pathlib import Path

from jpki_mock.files import write_file


class PersonKeys:
    """Derives person keys, pseudonyms of residents that cannot be computed without the register's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def open(cls, path: Path) -> "PersonKeys":
        """Read the secret's file; creates it on first use."""
        if not path.exists():
            write_file(path, secrets.token_bytes(32))
        return cls(path.read_bytes())

    def of(self, resident_id: str) -> str:
        """Return a resident's person key: HMAC-SHA256 of the resident id, truncated to 32 hex characters."""
        return hmac.digest(self._secret, resident_id.encode(), hashlib.sha256).hex()[:32]
