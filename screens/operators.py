"""Operators of a screen, each with a secret that only her password opens.

The password is stretched by scrypt, and the result encrypts the secret (AES-256-GCM): without a password nobody, the
server included, can open it. The secret may be empty; then the password is verified and nothing more.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from unicodedata import category

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

MAX_OPERATORS = 200
MIN_PASSWORD, MAX_PASSWORD = 8, 200
MAX_NAME = 40

_N, _R, _P = 2**15, 8, 1
"""The work of scrypt (RFC 7914): 32 MiB of memory, some 0.1 s."""

_MAX_MEMORY = 64 * 1024 * 1024
_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32


class OperatorsError(Exception):
    """The operators cannot be read or changed; the text gives the reason, never a secret."""


class NameTaken(OperatorsError):
    """There is an operator of that name."""


class NameUnknown(OperatorsError):
    """There is no operator of that name."""


class TooManyOperators(OperatorsError):
    """There are as many operators as there may be."""

    def __init__(self) -> None:
        super().__init__(f"there are {MAX_OPERATORS} operators already")


class Operator(BaseModel):
    """An operator: her name, her role, and her sealed secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME)]
    role: Annotated[str, StringConstraints(max_length=MAX_NAME)]
    salt: Base64Bytes = Field(repr=False)
    nonce: Base64Bytes = Field(repr=False)
    sealed: Base64Bytes = Field(repr=False)

    def open(self, password: str) -> bytes | None:
        """The secret, or None if the password is wrong."""
        if len(password) > MAX_PASSWORD:
            return None
        try:
            return AESGCM(_key(password, self.salt)).decrypt(self.nonce, self.sealed, self._bound())
        except InvalidTag:
            return None

    def _bound(self) -> bytes:
        """What is encrypted along: a sealed secret opens for its own operator and role only."""
        return f"{self.role}\n{self.name}".encode()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    operators: list[Operator] = Field(max_length=MAX_OPERATORS)


def seal(name: str, role: str, password: str, secret: bytes = b"") -> Operator:
    """A new operator. Raises OperatorsError for a name or password that is too short or too long."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise OperatorsError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or any(category(one)[0] == "C" for one in name):
        raise OperatorsError(f"a name has 1 to {MAX_NAME} characters, none of them a control character")
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    empty = Operator(name=name, role=role, salt=b64encode(salt), nonce=b64encode(nonce), sealed=b"")
    sealed = AESGCM(_key(password, salt)).encrypt(nonce, secret, empty._bound())
    return empty.model_copy(update={"sealed": sealed})


class Operators:
    """The operators of a program, in a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> list[Operator]:
        """All operators, in the order in which they were added. Raises OperatorsError."""
        try:
            return _File.model_validate_json(self._path.read_bytes()).operators
        except FileNotFoundError:
            return []
        except (OSError, ValidationError) as error:
            raise OperatorsError("the file of operators cannot be read") from error

    def find(self, name: str) -> Operator | None:
        """The operator of a name, whatever spaces are in it. Raises OperatorsError."""
        return next((operator for operator in self.all() if _folded(operator.name) == _folded(name)), None)

    def add(self, operator: Operator, *, replace: bool | None = None) -> None:
        """Add an operator, or replace the one of that name. Raises OperatorsError.

        `replace`: True for one that exists, False for a new one; raises NameTaken or NameUnknown where it is not so.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            known = self.all()
            others = [one for one in known if _folded(one.name) != _folded(operator.name)]
            if replace is False and len(others) < len(known):
                raise NameTaken
            if replace is True and len(others) == len(known):
                raise NameUnknown
            if len(others) >= MAX_OPERATORS:
                raise TooManyOperators
            new = self._path.with_name(f"{self._path.name}.new")
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(_File(operators=[*others, operator]).model_dump_json(indent=2) + "\n")
            new.replace(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Wait until no other thread of any program changes the file."""
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def log_in(self, name: str, password: str) -> tuple[Operator, bytes] | None:
        """The operator of this name and password with the opened secret, or None. Takes as long for either fault."""
        operator = self.find(name)
        if operator is None:
            _key(password[:MAX_PASSWORD], b"\0" * _SALT_BYTES)
            return None
        secret = operator.open(password)
        return (operator, secret) if secret is not None else None


def _folded(name: str) -> str:
    """A name without spaces, of any width: people do not type them as they were entered."""
    return "".join(name.split())


def _key(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MAX_MEMORY, dklen=_KEY_BYTES
    )
