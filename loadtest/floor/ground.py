"""What the bare application stands on: the same database, MAC key and authorities as the fund beside it."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from eligibility_api.domain.challenge import MacKeys
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from loadtest.surroundings import Surroundings

VARIABLE = "LOADTEST_GROUND"
"""The environment variable that names the bare application's file."""


class Ground(BaseModel):
    """As a file, readable by its owner alone."""

    model_config = ConfigDict(frozen=True)

    dsn: str = Field(repr=False)
    audience: str
    mac_key_id: bytes
    mac_key: bytes = Field(repr=False)
    trust_store: Path
    revocation_max_age_seconds: int

    @property
    def keys(self) -> MacKeys:
        """The fund's newest MAC key, by which challenges are made."""
        return MacKeys(self.mac_key_id, {self.mac_key_id: self.mac_key})

    @classmethod
    def of(cls, there: Surroundings) -> Ground:
        """What a house of ours stands on. Raises OSError, EmbeddedDatabaseError."""
        newest = json.loads((there.fund_home / "keys" / "challenge.json").read_bytes())[0]
        return cls(
            dsn=EmbeddedPostgres.attach(there.fund_home / "postgres").dsn("api"),
            audience=there.environment["FUND_AUDIENCE"],
            mac_key_id=bytes.fromhex(newest["id"]),
            mac_key=bytes.fromhex(newest["key"]),
            trust_store=Path(there.environment["FUND_TRUST_STORE"]),
            revocation_max_age_seconds=int(there.environment["FUND_REVOCATION_MAX_AGE_SECONDS"]),
        )

    def save(self, path: Path) -> None:
        """Write the file."""
        path.touch(mode=0o600)
        path.write_text(self._as_text(), encoding="utf-8")

    def _as_text(self) -> str:
        values = self.model_dump(mode="python")
        hexed = {name: value.hex() for name, value in values.items() if isinstance(value, bytes)}
        return json.dumps(values | hexed, default=str)

    @classmethod
    def load(cls, path: Path) -> Ground:
        """Read a file that `save` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        for name in ("mac_key_id", "mac_key"):
            values[name] = bytes.fromhex(values[name])
        return cls(**values)
