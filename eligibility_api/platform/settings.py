"""The fund's settings from the environment (`FUND_…`, and `DATABASE_URL…`): one object per process."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings, each with its unit in its name.

    Without `DATABASE_URL` the embedded PostgreSQL under `home` serves.
    """

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
    consent_challenge_seconds: int = Field(
        default=300, ge=5, le=600, description="How long a patient may read before her card signs a consent."
    )
    token_seconds: int = Field(default=300, ge=5, le=300)
    revocation_fresh_seconds: int = Field(
        default=60,
        ge=2,
        description="A revocation is acted upon at the latest this long after its publication.",
    )
    visual_checks_per_hour: int = Field(
        default=30, ge=0, description="Visual checks of one terminal in an hour."
    )
    number_misses_per_hour: int = Field(
        default=60, ge=0, description="Look-ups by number of one terminal in an hour that find nobody."
    )
    number_misses_per_hour_of_facility: int = Field(
        default=200, ge=0, description="The same of all terminals of a facility together."
    )
    second_factor_misses_per_hour: int = Field(
        default=5, ge=0, description="Wrong one-time passwords of one operator of a facility in an hour."
    )
    batch_rows_per_day: int = Field(
        default=50_000, ge=1, description="Rows of batch checks that a facility may send in a day (Japan's)."
    )
    batch_misses_per_day: int = Field(
        default=1_000,
        ge=0,
        description="Rows of a facility's batch checks that find nobody, in 24 hours; further rows are not looked up.",
    )
    batch_rows_per_second: float = Field(
        default=100.0,
        gt=0,
        description="Pace of the worker through all batches together; taps are to notice nothing of it.",
    )
    mismatches_per_hour: int = Field(
        default=300,
        ge=0,
        description="Members of one insurer's single calls whom the register does not show as one person, in an hour.",
    )
    upload_max_bytes: int = Field(
        default=16 * 1024**3, ge=1, description="The largest member or receipt file."
    )
    undo_days: int = Field(
        default=30, ge=0, description="How long after its publication a file can be undone."
    )
    hold_changed_share: float = Field(
        default=0.2, ge=0, le=1, description="A member file that changes more of the known members is held."
    )
    hold_absent_share: float = Field(
        default=0.05, ge=0, le=1, description="A full file without more of the current members is held."
    )
    hold_unmatched_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="A file is held when the register does not show more of the members asked for as one person.",
    )
    hold_bad_share: float = Field(default=0.05, ge=0, le=1, description="A file with more bad rows is held.")
    hold_renumbered_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="A file in which more persons come under another number is held.",
    )
    hold_fill_drop: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="A file is held when a column is filled so much less than in the last.",
    )
    hold_least_rows: int = Field(
        default=20,
        ge=1,
        description="Shares of fewer rows than these do not hold a file; lost flags always do.",
    )
    pool_connections: int = Field(
        default=8,
        ge=1,
        description="Database connections of one worker's hot path; 4 more serve the rest. The embedded server has"
        " room for four workers.",
    )

    @property
    def challenge_life(self) -> timedelta:
        """The validity of a presence challenge."""
        return timedelta(seconds=self.challenge_seconds)

    @property
    def consent_challenge_life(self) -> timedelta:
        """The validity of a consent's challenge."""
        return timedelta(seconds=self.consent_challenge_seconds)

    @property
    def revocation_fresh(self) -> timedelta:
        """The maximum age of the revocation mirror since its last check."""
        return timedelta(seconds=self.revocation_fresh_seconds)
