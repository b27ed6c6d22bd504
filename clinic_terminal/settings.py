"""What a terminal is told by its environment: its credential, where its fund is, its own folder."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from eligibility_api.contract.tokens import Credential, CredentialError
from eligibility_api.contract.transport import FundUrl


class SettingsError(Exception):
    """The terminal is not set up; the text says what is missing or wrong, never a value."""


class TerminalSettings(BaseSettings):
    """`TERMINAL_CREDENTIAL`: the file from the admission. `TERMINAL_FUND_URL`: base URL of the fund. `TERMINAL_HOME`:
    folder for what the terminal keeps.
    """

    model_config = SettingsConfigDict(env_prefix="TERMINAL_", frozen=True, hide_input_in_errors=True)

    credential: Path
    fund_url: FundUrl
    home: Path = Path("var/terminal")

    @classmethod
    def load(cls) -> TerminalSettings:
        """Read the environment. Raises SettingsError, naming each variable at fault."""
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
