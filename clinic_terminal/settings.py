"""The terminal's settings from its environment: credential, URL of the fund, own folder."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from eligibility_api.contract.tokens import Credential, CredentialError
from eligibility_api.contract.transport import FundUrl


class SettingsError(Exception):
    """The terminal is not configured; the text names what is missing or wrong, never a value."""


class TerminalSettings(BaseSettings):
    """`TERMINAL_CREDENTIAL`: the file from the admission.

    `TERMINAL_FUND_URL`: base URL of the fund. `TERMINAL_HOME`: folder of the terminal's own files.
    """

    model_config = SettingsConfigDict(env_prefix="TERMINAL_", frozen=True, hide_input_in_errors=True)

    credential: Path
    fund_url: FundUrl
    home: Path = Path("var/terminal")

    @classmethod
    def load(cls) -> TerminalSettings:
        """Read the environment. Raises SettingsError, which names each wrong variable."""
        try:
            return cls()
        except ValidationError as error:
            faults = (f"TERMINAL_{str(row['loc'][0]).upper()}: {row['msg']}" for row in error.errors())
            raise SettingsError("; ".join(faults)) from error

    def load_credential(self) -> Credential:
        """The credential of an admitted terminal. Raises SettingsError."""
        try:
            return Credential.load_terminal(self.credential)
        except CredentialError as error:
            raise SettingsError(f"TERMINAL_CREDENTIAL: {error}") from error
