"""Configuration of the baseline application: the same database, MAC key and authorities as the fund's."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from eligibility_api.domain.challenge import MacKeys
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from loadtest.private_files import create_private
from loadtest.target import TargetEnvironment

VARIABLE = "LOADTEST_BASELINE_CONFIG"
"""The environment variable with the path of the configuration file."""


class BaselineConfig(BaseModel):
    """The configuration, kept in a file that only its owner can read."""

    model_config = ConfigDict(frozen=True)

    dsn: str = Field(repr=False)
    audience: str
    mac_key_id: bytes
    mac_key: bytes = Field(repr=False)
    trust_store: Path
    revocation_max_age_seconds: int

    @property
    def keys(self) -> MacKeys:
        """The fund's newest MAC key, with which it makes challenges."""
        return MacKeys(self.mac_key_id, {self.mac_key_id: self.mac_key})

    @classmethod
    def of(cls, target: TargetEnvironment) -> BaselineConfig:
        """The configuration of a stack that this process started. Raises OSError, EmbeddedDatabaseError."""
        newest = json.loads((target.fund_home / "keys" / "challenge.json").read_bytes())[0]
        return cls(
            dsn=EmbeddedPostgres.attach(target.fund_home / "postgres").dsn("api"),
            audience=target.environment["FUND_AUDIENCE"],
            mac_key_id=bytes.fromhex(newest["id"]),
            mac_key=bytes.fromhex(newest["key"]),
            trust_store=Path(target.environment["FUND_TRUST_STORE"]),
            revocation_max_age_seconds=int(target.environment["FUND_REVOCATION_MAX_AGE_SECONDS"]),
        )

    def save(self, path: Path) -> None:
        """Write the file."""
        with create_private(path) as file:
            file.write(self._to_json())

    def _to_json(self) -> str:
        values = self.model_dump(mode="python")
        hex_values = {name: value.hex() for name, value in values.items() if isinstance(value, bytes)}
        return json.dumps(values | hex_values, default=str)

    @classmethod
    def load(cls, path: Path) -> BaselineConfig:
        """Read a file that `save` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        for name in ("mac_key_id", "mac_key"):
            values[name] = bytes.fromhex(values[name])
        return cls(**values)
