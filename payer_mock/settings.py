"""Settings of an insurer's program, from environment variables: its credentials and the URL of the fund."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from eligibility_api.contract.identifiers import UnreadableIdentifier, insurer_number
from eligibility_api.contract.tokens import Credential
from eligibility_api.contract.transport import ClientTls, FundUrl, TlsAuthorities, TlsCertificate


class SettingsError(Exception):
    """The settings are incomplete or wrong; the text names the variables, never a value."""


def _split(value: object) -> object:
    return [part for part in value.split(":") if part] if isinstance(value, str) else value


class TlsSettings(BaseSettings):
    """How connections to the fund are opened.

    `PAYER_TLS_AUTHORITIES`: the authorities (PEM) of the fund's certificate, instead of the system's.
    `PAYER_TLS_CERTIFICATE`: this program's client certificate with its private key (PEM).
    """

    model_config = SettingsConfigDict(env_prefix="PAYER_", frozen=True, hide_input_in_errors=True)

    tls_authorities: TlsAuthorities | None = None
    tls_certificate: TlsCertificate | None = None

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises SettingsError, naming each wrong variable."""
        try:
            return cls()
        except ValidationError as error:
            faults = (f"PAYER_{str(row['loc'][0]).upper()}: {row['msg']}" for row in error.errors())
            raise SettingsError("; ".join(faults)) from error

    @property
    def tls(self) -> ClientTls:
        """How connections to the fund are opened."""
        return ClientTls(self.tls_authorities, self.tls_certificate)


class PayerSettings(TlsSettings):
    """The settings of an insurer's program.

    `PAYER_CREDENTIAL`: credential files from the fund's admission, one per insurer, separated by `:`.
    `PAYER_APPROVER`: likewise the approvers' credential files. `PAYER_FUND_URL`: base URL of the fund.
    """

    credential: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split), Field(min_length=1)]
    approver: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split)] = ()
    fund_url: FundUrl

    def load_credentials(self) -> dict[str, Credential]:
        """The credentials by insurer number, in the order of the setting. Raises SettingsError."""
        return _by_insurer("PAYER_CREDENTIAL", self.credential)

    def load_approvers(self) -> dict[str, Credential]:
        """The approvers' credentials by insurer number. Raises SettingsError."""
        if not self.approver:
            raise SettingsError("PAYER_APPROVER: is empty")
        return _by_insurer("PAYER_APPROVER", self.approver)


class DeskSettings(TlsSettings):
    """The settings of the enrolment desk, whose operators have keys of their own.

    `PAYER_HOME`: the folder of its operators and of the list of sent files. `PAYER_FUND_URL`: base URL of the fund.
    `PAYER_IDLE_MINUTES`: an operator who does nothing for so long is logged out, 2 to 120 minutes.
    """

    home: Path = Path("var/payer")
    fund_url: FundUrl
    idle_minutes: int = Field(default=30, ge=2, le=120)


def load_credential(path: Path) -> Credential:
    """An insurer's credential file. Raises SettingsError."""
    return _load(path, path.name)[1]


def _by_insurer(variable: str, paths: tuple[Path, ...]) -> dict[str, Credential]:
    credentials: dict[str, Credential] = {}
    for place, path in enumerate(paths, start=1):
        number, credential = _load(path, f"{variable}: file {place}")
        if number in credentials:
            raise SettingsError(f"{variable}: file {place} belongs to an insurer that already has one")
        credentials[number] = credential
    return credentials


def _load(path: Path, place: str) -> tuple[str, Credential]:
    try:
        credential = Credential.load(path)
    except (OSError, ValidationError) as error:
        raise SettingsError(f"{place} is not a readable credential") from error
    if credential.insurer_number is None:
        raise SettingsError(f"{place} is not an insurer's credential (no insurer number)")
    try:
        return insurer_number(credential.insurer_number), credential
    except UnreadableIdentifier as error:
        raise SettingsError(f"{place} is not an insurer's credential (no such insurer number)") from error
