"""The fund's settings: one object a process, from the environment (`FUND_…`, and `DATABASE_URL…` as is usual)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting, with its unit in its name. Without `DATABASE_URL` the embedded PostgreSQL under `home` serves."""

    model_config = SettingsConfigDict(env_prefix="FUND_", frozen=True, hide_input_in_errors=True)

    home: Path = Field(default=Path("var/fund"), description="Keys, and the embedded database.")
    audience: str = Field(
        default="urn:shikaku:fund", description="The fund's name in tokens and signed bytes."
    )
    jlis_url: str = Field(default="http://127.0.0.1:8410", description="Where J-LIS answers.")
    trust_store: Path = Field(
        default=Path("var/jpki/trust/authentication.pem"), description="Authorities of user authentication."
    )
    signature_trust_store: Path | None = Field(
        default=Path("var/jpki/trust/signature.pem"), description="Authorities of signatures, to name them."
    )
    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("FUND_DATABASE_URL", "DATABASE_URL"), repr=False
    )
    database_owner_url: str | None = Field(
        default=None, repr=False, description="For migrations and admissions."
    )
    database_batch_url: str | None = Field(default=None, repr=False, description="For the keeper's tasks.")
    database_sequencer_url: str | None = Field(default=None, repr=False, description="For auditors.")
    challenge_seconds: int = Field(default=60, ge=5, le=300)
    token_seconds: int = Field(default=300, ge=5, le=300)
    revocation_fresh_seconds: int = Field(
        default=60,
        ge=2,
        description="A revocation is acted upon at the latest this long after its publication.",
    )
    visual_checks_per_hour: int = Field(
        default=30, ge=0, description="Visual checks of one terminal in an hour."
    )
    pool_connections: int = Field(
        default=8,
        ge=1,
        description="Database connections of one worker's hot path; 4 more serve the rest. The embedded server has"
        " room for four workers.",
    )

    @property
    def challenge_life(self) -> timedelta:
        """How long a presence challenge can be spent."""
        return timedelta(seconds=self.challenge_seconds)

    @property
    def revocation_fresh(self) -> timedelta:
        """How long after its last check the revocation mirror is believed."""
        return timedelta(seconds=self.revocation_fresh_seconds)
