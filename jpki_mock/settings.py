"""Settings of J-LIS, from the environment (prefix `JPKI_`)."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Home folder, kept keys, and lifetimes of CRLs and OCSP responses. Durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="JPKI_", frozen=True)

    home: Path = Field(default=Path("var/jpki"), description="Folder of the register, keys and certificates.")
    card_keys: Path | None = Field(
        default=None,
        description="File in which the keys of imported residents' cards are kept, for the next register with these residents.",
    )
    crl_lifetime_seconds: int = Field(
        default=24 * 3600, gt=0, description="From thisUpdate to nextUpdate of a CRL."
    )
    crl_refresh_seconds: int = Field(
        default=900, gt=0, description="A CRL older than this is regenerated on request."
    )
    ocsp_lifetime_seconds: int = Field(
        default=300, gt=0, description="From thisUpdate to nextUpdate of an OCSP response."
    )

    @property
    def crl_lifetime(self) -> timedelta:
        """From thisUpdate to nextUpdate of a CRL."""
        return timedelta(seconds=self.crl_lifetime_seconds)

    @property
    def ocsp_lifetime(self) -> timedelta:
        """From thisUpdate to nextUpdate of an OCSP response."""
        return timedelta(seconds=self.ocsp_lifetime_seconds)
