"""The terminal's settings from its environment: credential, URL of the fund, own folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from clinic_terminal.desk_keys import read_keys
from eligibility_api.contract.codes import Information, Role
from eligibility_api.contract.tokens import Credential, CredentialError
from eligibility_api.contract.transport import ClientTls, FundUrl, TlsAuthorities, TlsCertificate
from eligibility_api.contract.wire import OperatorName


class SettingsError(Exception):
    """The terminal is not configured; the text names what is missing or wrong, never a value."""


FACTORY_STATE = "TSR,TKK,YZK"
"""What a facility asks for that has set nothing: not treatments, and not surgery."""


def _split(value: object) -> object:
    return [code.strip() for code in value.split(",") if code.strip()] if isinstance(value, str) else value


def _checked_keys(text: str) -> str:
    read_keys(text)
    return text


def faults_of(error: ValidationError, prefix: str) -> str:
    """The wrong variables, whose names begin with `prefix`, and what is wrong with each."""
    return "; ".join(f"{prefix}{str(row['loc'][0]).upper()}: {row['msg']}" for row in error.errors())


class TerminalSettings(BaseSettings):
    """`TERMINAL_CREDENTIAL`: the file from the admission.

    `TERMINAL_FUND_URL`: base URL of the fund. `TERMINAL_HOME`: folder of the terminal's own files.
    `TERMINAL_TLS_AUTHORITIES`: the authorities (PEM) of the fund's certificate, instead of the system's.
    `TERMINAL_TLS_CERTIFICATE`: this terminal's client certificate with its private key (PEM).
    `TERMINAL_INFORMATION`: the information that this facility asks for at all, by its codes (OQSCD036): TSR
    specific diseases, TKK health check-ups, YZK medicines, SRJ treatments, SHJ surgery.
    `TERMINAL_EXCHANGE_OPERATOR`: in whose name the clinic's software asks for medical files, as the facility's
    administrator sets it; recorded by the fund. `TERMINAL_EXCHANGE_ROLE`: that person's role, such as `doctor`.
    `TERMINAL_EXCHANGE_ROOT`: folder with `req`, `res` and `face`; where it is set, every tap writes its face file.
    `TERMINAL_SHUFFLE_PIN`: the reader's keys for the PIN are in another order for each card.
    `TERMINAL_READER_VOLUME`: volume of the reader's sounds, 0 (none) to 100. `TERMINAL_READER_ALOUD`: the reader reads its
    screens aloud (読み上げ) until a patient switches it off; otherwise a patient can switch it on.
    `TERMINAL_DESK_KEYS`: other keys of the desk, such as `visual=Ctrl+F9,batch=Shift+F4`.
    `TERMINAL_IDLE_MINUTES`: an operator who does nothing at the screens for so long is logged out, 2 to 120 minutes.
    `TERMINAL_HIDE_SECONDS`: without input at the desk for so long, names and details are hidden, 30 to 300 seconds.
    `TERMINAL_ANSWER_DAYS`: how many days after today last answers are kept, encrypted; 0 for none.
    """

    model_config = SettingsConfigDict(env_prefix="TERMINAL_", frozen=True, hide_input_in_errors=True)

    credential: Path
    fund_url: FundUrl
    tls_authorities: TlsAuthorities | None = None
    tls_certificate: TlsCertificate | None = None
    home: Path = Path("var/terminal")
    information: Annotated[frozenset[Information], NoDecode, BeforeValidator(_split)] = Field(
        default=FACTORY_STATE, validate_default=True
    )
    exchange_operator: OperatorName | None = None
    exchange_role: Role | None = None
    exchange_root: Path | None = None
    shuffle_pin: bool = False
    reader_volume: int = Field(default=0, ge=0, le=100)
    reader_aloud: bool = False
    desk_keys: Annotated[str, AfterValidator(_checked_keys)] = ""
    idle_minutes: int = Field(default=30, ge=2, le=120)
    hide_seconds: int = Field(default=60, ge=30, le=300)
    answer_days: int = Field(default=0, ge=0, le=366)

    @classmethod
    def load(cls) -> TerminalSettings:
        """Read the environment. Raises SettingsError, which names each wrong variable."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(faults_of(error, "TERMINAL_")) from error

    @property
    def tls(self) -> ClientTls:
        """How connections to the fund are opened."""
        return ClientTls(self.tls_authorities, self.tls_certificate)

    def load_credential(self) -> Credential:
        """The credential of an admitted terminal. Raises SettingsError."""
        try:
            return Credential.load_terminal(self.credential)
        except CredentialError as error:
            raise SettingsError(f"TERMINAL_CREDENTIAL: {error}") from error
