"""Settings of the smoke test: cards, expected answers, a terminal's credential, and the fund's address."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from eligibility_api.contract.codes import Validity
from eligibility_api.contract.tokens import Credential, CredentialError
from eligibility_api.contract.transport import is_loopback

_EXPECTED: TypeAdapter[dict[str, Validity]] = TypeAdapter(dict[str, Validity])


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and never contains a value."""


def _loopback(url: AnyHttpUrl) -> AnyHttpUrl:
    """Reject addresses of other machines."""
    if not is_loopback(url):
        raise PydanticCustomError(
            "loopback", "load goes to loopback addresses only, such as http://127.0.0.1:8400"
        )
    return url


class LoadSettings(BaseSettings):
    """Settings from environment variables.

    `LOADTEST_CARDS`: a folder of card images. `LOADTEST_PIN`: their PIN. `LOADTEST_EXPECTED`: a JSON object
    with the expected validity of each card to use (file name without `.json`). `TERMINAL_CREDENTIAL`:
    a terminal's file from the admission. `TERMINAL_FUND_URL`: base URL of the fund, a loopback address.
    """

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    cards: Path = Field(validation_alias="LOADTEST_CARDS")
    expected: Path = Field(validation_alias="LOADTEST_EXPECTED")
    pin: SecretStr = Field(default=SecretStr("1234"), validation_alias="LOADTEST_PIN")
    credential: Path = Field(validation_alias="TERMINAL_CREDENTIAL")
    fund_url: Annotated[AnyHttpUrl, AfterValidator(_loopback)] = Field(validation_alias="TERMINAL_FUND_URL")

    @classmethod
    def load(cls) -> LoadSettings:
        """Read the environment. Raises SettingsError, which names each invalid variable."""
        try:
            return cls()
        except ValidationError as error:
            faults = (f"{row['loc'][0]}: {row['msg']}" for row in error.errors())
            raise SettingsError("; ".join(faults)) from error

    def load_credential(self) -> Credential:
        """Load the credential of an admitted terminal. Raises SettingsError."""
        try:
            return Credential.load_terminal(self.credential)
        except CredentialError as error:
            raise SettingsError(f"TERMINAL_CREDENTIAL: {error}") from error

    def load_expected(self) -> dict[str, Validity]:
        """The expected validity by card, in the order of the file. Raises SettingsError."""
        try:
            return _EXPECTED.validate_json(self.expected.read_bytes())
        except (OSError, ValidationError) as error:
            raise SettingsError("LOADTEST_EXPECTED: not a file of card names and validities") from error
