"""The settings of the exchange folders, from the environment."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from clinic_terminal.exchange.folder.encryption import EncryptConf, EncryptConfError, Encryption
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.settings import SettingsError, faults_of

PREFIX = "TERMINAL_EXCHANGE_"
_MAX_SECRET_BYTES = 1024
_MAX_CONF_BYTES = 64 * 1024


class FileEncoding(StrEnum):
    """The encoding of results and face files, as it is declared in them."""

    UTF_8 = "UTF-8"
    SHIFT_JIS = "Shift_JIS"


class BulkForm(StrEnum):
    """How the result of a bulk request is written."""

    XML = "xml"
    ZIP = "zip"


class FolderSettings(BaseSettings):
    """`TERMINAL_EXCHANGE_ENCODING`: of results and face files, `UTF-8` or `Shift_JIS`; requests are read in either.

    Shift_JIS is CP932, as in the field. `TERMINAL_EXCHANGE_SHUFFLED`: write elements in a random order, as real results do; to test readers with.
    `TERMINAL_EXCHANGE_BULK_FORM`: results of bulk requests as `xml` or `zip`.
    `TERMINAL_EXCHANGE_PASSWORD_FILE`: file with the password of encrypted files; encryption is off without it.
    `TERMINAL_EXCHANGE_ENCRYPT_CONF`: file with a line `PREFIX=e` (encrypted) or `PREFIX=n` (plain) for each kind of
    message. Without a line, those that stay plain in the field do, and all others are encrypted if there is a password.
    `TERMINAL_EXCHANGE_RESPONSE_FILE_STAY_MINUTES`: results that stay longer are reported as left
    (`ResponseFileStayTime`).
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    encoding: FileEncoding = FileEncoding.UTF_8
    shuffled: bool = False
    bulk_form: BulkForm = BulkForm.XML
    password_file: Path | None = None
    encrypt_conf: Path | None = None
    response_file_stay_minutes: int = Field(default=1440, ge=1, le=525_600)

    @classmethod
    def load(cls) -> FolderSettings:
        """Read the environment. Raises SettingsError, which names each wrong variable."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(faults_of(error, PREFIX)) from error

    @property
    def file_encoding(self) -> Encoding:
        """The encoding for the codec."""
        return Encoding.UTF_8 if self.encoding is FileEncoding.UTF_8 else Encoding.SHIFT_JIS

    @property
    def left_after(self) -> timedelta:
        """How long a result may stay before it counts as left."""
        return timedelta(minutes=self.response_file_stay_minutes)

    def load_encryption(self) -> Encryption:
        """Which files are encrypted, and the password. Raises SettingsError, which never has the password."""
        conf = EncryptConf({})
        if self.encrypt_conf is not None:
            try:
                conf = EncryptConf.parse(_read(self.encrypt_conf, _MAX_CONF_BYTES, "ENCRYPT_CONF"))
            except EncryptConfError as error:
                raise SettingsError(f"{PREFIX}ENCRYPT_CONF: {error}") from error
        password = None
        if self.password_file is not None:
            password = _read(self.password_file, _MAX_SECRET_BYTES, "PASSWORD_FILE").strip(b"\r\n")
            if not password:
                raise SettingsError(f"{PREFIX}PASSWORD_FILE: the file is empty")
        elif conf.encrypts_any:
            raise SettingsError(f"{PREFIX}PASSWORD_FILE: needed, as {PREFIX}ENCRYPT_CONF asks for encryption")
        return Encryption(conf, password)


def _read(path: Path, max_bytes: int, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise SettingsError(f"{PREFIX}{name}: {error.strerror}") from error
    if len(content) > max_bytes:
        raise SettingsError(f"{PREFIX}{name}: the file is too long")
    return content
