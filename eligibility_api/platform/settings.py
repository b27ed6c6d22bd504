"""The fund's settings from the environment (`FUND_…`, and `DATABASE_URL…`): one object per process."""

from __future__ import annotations

import os
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.merkle_log.notes import Algorithm, VerificationKey
from eligibility_api.platform.errors import OperatorError

IPNetwork = IPv4Network | IPv6Network


def _networks(text: str) -> tuple[IPNetwork, ...]:
    """Parse networks separated by commas. Raises ValueError."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        # The error of `ip_network` repeats the text.
        raise ValueError("each is an address or a network, such as 192.0.2.0/24") from None


def _witnesses(text: str) -> tuple[tuple[VerificationKey, str], ...]:
    """Parse witnesses separated by commas. Raises ValueError."""
    pairs = [part.split() for part in text.split(",") if part.strip()]
    if any(len(pair) != 2 or not pair[1].startswith(("https://", "http://")) for pair in pairs):
        raise ValueError("each witness is a verification key, a space, and a URL")
    witnesses = tuple((VerificationKey.parse(key), url) for key, url in pairs)
    if any(key.algorithm is not Algorithm.COSIGNATURE for key, _ in witnesses):
        raise ValueError("the key of a witness is one of cosignatures (type 0x04)")
    return witnesses


class Settings(BaseSettings):
    """Every setting, with its unit in its name.

    Without `DATABASE_URL` the embedded PostgreSQL under `home` is used.
    """

    model_config = SettingsConfigDict(env_prefix="FUND_", frozen=True, hide_input_in_errors=True)

    home: Path = Field(
        default=Path("var/fund"), description="Directory of the keys and the embedded database."
    )
    secrets_dir: Path | None = Field(
        default=None,
        description="Folder of mounted secrets: a file that is named as a variable gives its value, if the environment does not.",
    )
    keys_dir: Path | None = Field(
        default=None,
        description="Folder with all keys of the fund, such as a mounted secret, to which nothing is written; unset: `keys` under"
        " `FUND_HOME`, where missing keys are created. Changed files are used at once.",
    )
    keys: SecretStr | None = Field(
        default=None,
        max_length=65_536,
        description="All keys of the fund in one text, as `eligibility-api keys export` writes it, in place of a folder.",
    )
    audience: str = Field(
        default="urn:shikaku:fund", description="The fund's name in access tokens and signed bytes."
    )
    public_url: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^https?://[^\s/?#@\\]+(/[^\s?#\\]*)?$",
        description="The fund's address as clients reach it, such as `https://fund.example`: the issuer of tokens, and"
        " an audience of assertions; unset: the address at which `serve` listens.",
    )
    sandbox: bool = Field(
        default=False,
        description="A sandbox for vendors' tests: faults on demand and a log of requests. Such a fund serves only a"
        " database that was created as a sandbox, and no other fund serves that.",
    )
    sandbox_strict: bool = Field(
        default=False,
        description="A sandbox in its strict and random mode: members in any order, expired tokens, refused challenges and"
        " assertions, delays. Refused without `FUND_SANDBOX`.",
    )
    jlis_url: str = Field(default="http://127.0.0.1:8410", description="Base URL of J-LIS.")
    trust_store: Path = Field(
        default=Path("var/jpki/trust/authentication.pem"),
        description="CA certificates for user authentication.",
    )
    signature_trust_store: Path | None = Field(
        default=Path("var/jpki/trust/signature.pem"),
        description="CA certificates for digital signatures, so that such a certificate is rejected by name.",
    )
    database_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("FUND_DATABASE_URL", "DATABASE_URL"),
        repr=False,
        description="Database address of the API (role `shikaku_api`); unset: the embedded PostgreSQL.",
    )
    database_owner_url: str | None = Field(
        default=None,
        repr=False,
        description="Database address for migrations and admissions (role `shikaku_owner`).",
    )
    database_admin_url: str | None = Field(
        default=None,
        repr=False,
        description="Database address of a superuser, for `eligibility-api database prepare` only: give it to no service.",
    )
    database_jobs_url: str | None = Field(
        default=None,
        repr=False,
        description="Database address of the scheduler and the job runner (role `shikaku_jobs`).",
    )
    database_auditor_url: str | None = Field(
        default=None,
        repr=False,
        description="Database address for commands that read the audit log (role `shikaku_auditor`).",
    )
    database_sequencer_url: str | None = Field(
        default=None,
        repr=False,
        description="Database address of the sequencer of the audit log (role `shikaku_sequencer`): the primary itself,"
        " not through a pool of transactions.",
    )
    backup_home: Path | None = Field(
        default=None,
        description="Directory of the embedded database's backups and archived WAL, on another disk than `FUND_HOME`; unset:"
        " no WAL is archived and no backup made.",
    )
    backup_keep_days: int = Field(
        default=14,
        ge=1,
        description="Every instant of so many days can be restored; older backups and WAL are deleted with the next backup.",
    )
    log_origin: str = Field(
        default="shikaku.example/audit-log",
        max_length=200,
        pattern=r"^[^\s+]+$",
        description="The audit log's name in its checkpoints, and of the key that signs them: unique in the world, and"
        " never changed while the log goes on.",
    )
    checkpoint_key: Path | None = Field(
        default=None,
        description="The key that signs the audit log's checkpoints (Ed25519, PEM); unset: `keys/checkpoint.pem` under"
        " `FUND_HOME`. A replaced file is used from the next checkpoint on.",
    )
    challenge_seconds: int = Field(
        default=60, ge=5, le=300, description="Lifetime of a challenge for a proof of presence."
    )
    consent_challenge_seconds: int = Field(
        default=300,
        ge=5,
        le=600,
        description="Lifetime of a challenge for a consent: the patient reads the statement before signing.",
    )
    token_seconds: int = Field(default=300, ge=5, le=300, description="Lifetime of an access token.")
    revocation_max_age_seconds: int = Field(
        default=60,
        ge=2,
        description="Maximum age of the revocation mirror and of OCSP responses; a revocation takes effect within it.",
    )
    visual_checks_per_hour: int = Field(default=30, ge=0, description="Visual checks per terminal and hour.")
    number_misses_per_hour: int = Field(
        default=60, ge=0, description="Look-ups by number without a match, per terminal and hour."
    )
    facility_number_misses_per_hour: int = Field(
        default=200, ge=0, description="Look-ups by number without a match, per facility and hour."
    )
    second_factor_misses_per_hour: int = Field(
        default=5, ge=0, description="Wrong one-time passwords per operator of a facility and hour."
    )
    own_access_guesses_per_hour: int = Field(
        default=20, ge=1, description="Refused one-time codes of patients' own pages per address and hour."
    )
    own_accesses_at_reader: bool = Field(
        default=False,
        description="Terminals with the right `own-access` may also show the patient who looked at her information.",
    )
    batch_rows_per_day: int = Field(
        default=50_000, ge=1, description="Rows of batch checks per facility and day (in Japan)."
    )
    batch_misses_per_day: int = Field(
        default=1_000,
        ge=0,
        description="Rows of batch checks without a match, per facility in 24 hours; further rows are not looked up.",
    )
    batch_rows_per_second: float = Field(
        default=250.0,
        gt=0,
        description="Rate limit of all batch checks together, so that card checks are not slowed down.",
    )
    mismatches_per_hour: int = Field(
        default=300,
        ge=0,
        description="Members in single calls whom the register does not identify, per insurer and hour.",
    )
    unmatched_rows_per_hour: int = Field(
        default=100,
        ge=0,
        description="Rows of member files whom the register does not identify, per insurer and hour; beyond that a"
        " file's report withholds its matches until another key approves it.",
    )
    unmatched_rows_per_day: int = Field(default=300, ge=0, description="The same in 24 hours.")
    unmatched_rows_ratio: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Raises both limits of unmatched rows to this share of the insurer's persons.",
    )
    upload_max_bytes: int = Field(
        default=16 * 1024**3, ge=1, description="Maximum size of a member file or claim file."
    )
    undo_window_days: int = Field(
        default=30, ge=0, description="Days after its publication in which a member file can be undone."
    )
    hold_max_changed_ratio: float = Field(
        default=0.2, ge=0, le=1, description="A member file that changes more of its known members is held."
    )
    hold_max_absent_ratio: float = Field(
        default=0.05, ge=0, le=1, description="A full file that omits more of the current members is held."
    )
    hold_max_unmatched_ratio: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="A file is held if the register does not identify more of its looked-up members.",
    )
    hold_max_invalid_ratio: float = Field(
        default=0.05, ge=0, le=1, description="A file with more invalid rows is held."
    )
    hold_max_renumbered_ratio: float = Field(
        default=0.05, ge=0, le=1, description="A file that renumbers more of its persons is held."
    )
    hold_max_fill_rate_drop: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="A file is held if the fill rate of a column drops by more since the last file.",
    )
    hold_min_rows: int = Field(
        default=20,
        ge=1,
        description="Ratios over fewer rows do not hold a file; a lost protection flag always does.",
    )
    pool_connections: int = Field(
        default=8,
        ge=1,
        description="Database connections of the hot path per API worker, which has 4 more for everything else. The"
        " embedded server has enough for four workers.",
    )
    max_connections: int = Field(
        default=2_048,
        ge=16,
        description="Connections per API worker. Beyond it, one is closed for each new one: of the address with the"
        " most that have never presented a valid token, the oldest that awaits its client.",
    )
    max_requests: int = Field(
        default=512,
        ge=16,
        description="Complete requests per API worker, being answered or waiting: as many as it answers in less than"
        " a second.",
    )
    max_wait_seconds: float = Field(
        default=5.0,
        gt=0,
        description="Longest wait of a request behind others of its client; then it is rejected as `overloaded`.",
    )
    max_url_bytes: int = Field(default=8_192, ge=256, description="Maximum size of a request's URL (414).")
    max_header_bytes: int = Field(
        default=16_384, ge=1_024, description="Maximum size of request line and headers together (431)."
    )
    header_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Time from a request's first byte, or a connection's start, to its last header.",
    )
    body_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Each such period brings the rest of a request's body, or as much as `FUND_MIN_BODY_BYTES_PER_SECOND`"
        " asks for.",
    )
    min_body_bytes_per_second: int = Field(
        default=1_024, ge=1, description="Slowest rate of a request's body."
    )
    idle_seconds: float = Field(
        default=10.0,
        gt=0,
        description="An idle connection is closed after it; longer than clients and proxies reuse one.",
    )
    send_seconds: float = Field(
        default=30.0, gt=0, description="Time in which a client must read what waits to be sent to it."
    )
    proxies: str = Field(
        default="",
        description="Addresses or networks of reverse proxies, separated by commas: only from these is"
        " `X-Forwarded-For` accepted.",
    )
    require_client_certificates: bool = Field(
        default=False,
        description="Every client signs in with an admitted client certificate, and each token is bound to it (RFC 8705)."
        " `X-Client-Certificate` is accepted from `FUND_PROXIES` and from a Unix socket (`serve --uds`) only.",
    )
    otlp_url: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^https?://[^\s/?#@\\]+(/[^\s?#\\]*)?$",
        description="OpenTelemetry collector (OTLP over HTTP) that gets traces and log lines, such as"
        " `http://127.0.0.1:4318`; unset: none. Needs the extra `otel`. `OTEL_EXPORTER_OTLP_HEADERS` may have its key.",
    )
    traces_ratio: float = Field(
        default=1.0, ge=0, le=1, description="Share of the traces that are sent to the collector."
    )
    witnesses: str = Field(
        default="",
        max_length=4096,
        description="Witnesses of the audit log, separated by commas: each its verification key (c2sp.org/tlog-cosignature),"
        " a space, and the URL of its submission prefix. The scheduler has each new checkpoint cosigned.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there is no such file
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - of a folder that is known beforehand
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the files of `FUND_SECRETS_DIR`: each is named as its variable is.

        Raises OperatorError if that is no folder.
        """
        folder = os.environ.get("FUND_SECRETS_DIR")
        if not folder:
            return init_settings, env_settings
        if not Path(folder).is_dir():
            raise OperatorError("FUND_SECRETS_DIR is no folder.")
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder)

    @field_validator("sandbox_strict")
    @classmethod
    def _is_of_a_sandbox(cls, value: bool, info: ValidationInfo) -> bool:
        if value and not info.data.get("sandbox"):
            raise ValueError("the strict mode is a sandbox's alone: set FUND_SANDBOX too")
        return value

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        _networks(value)
        return value

    @property
    def proxy_networks(self) -> tuple[IPNetwork, ...]:
        """The networks of the listed reverse proxies."""
        return _networks(self.proxies)

    @field_validator("witnesses")
    @classmethod
    def _are_witnesses(cls, value: str) -> str:
        _witnesses(value)
        return value

    @property
    def witness_addresses(self) -> tuple[tuple[VerificationKey, str], ...]:
        """The witnesses of the audit log: verification key, and URL of the submission prefix."""
        return _witnesses(self.witnesses)

    @field_validator("public_url", "otlp_url")
    @classmethod
    def _without_last_slash(cls, value: str | None) -> str | None:
        return None if value is None else value.rstrip("/")

    @property
    def issuer(self) -> str:
        """The issuer of tokens: the public URL, or the fund's name if it has none."""
        return self.public_url or self.audience

    @property
    def assertion_audiences(self) -> frozenset[str]:
        """The names of this fund that an assertion may have as its `aud`."""
        if self.public_url is None:
            return frozenset({self.audience})
        return frozenset({self.audience, self.public_url, self.public_url + TOKEN_PATH})

    @property
    def challenge_life(self) -> timedelta:
        """Lifetime of a challenge for a proof of presence."""
        return timedelta(seconds=self.challenge_seconds)

    @property
    def consent_challenge_life(self) -> timedelta:
        """Lifetime of a challenge for a consent."""
        return timedelta(seconds=self.consent_challenge_seconds)

    @property
    def revocation_max_age(self) -> timedelta:
        """Maximum age of the revocation mirror and of OCSP responses."""
        return timedelta(seconds=self.revocation_max_age_seconds)
