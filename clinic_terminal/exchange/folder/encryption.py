"""Encrypted request and result files: ZIP with a password (AES-256), and which messages are encrypted.

How the real terminal encrypts is not public: `encrypt.conf` and ZIP are, the method is a choice.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyzipper

from clinic_terminal.errors import TerminalError

PLAIN_PREFIXES = (
    "EPS",
    "OQSmutic",
    "OQSmuhvq",
    "OQSmuonq",
    "OQSsihvq",
    "OQSsionq",
    "OQSsihvd",
    "OQSsiurl",
    "OQSsiinq",
    "OQSsiupd",
    "PMHsimsm",
)
"""Prefixes that stay plain where encryption is on (a vendor's script), unless `encrypt.conf` has `=e` for them."""

_LINE = re.compile(r"([A-Za-z0-9_]{1,40})\s*=\s*([en])", re.ASCII)
_METHODS = (pyzipper.ZIP_STORED, pyzipper.ZIP_DEFLATED)


class EncryptConfError(Exception):
    """A line of `encrypt.conf` is not understood; the text has its number."""


@dataclass(frozen=True, slots=True)
class EncryptConf:
    """`encrypt.conf`: for a prefix, whether its files are encrypted."""

    lines: Mapping[str, bool]

    @classmethod
    def parse(cls, content: bytes) -> EncryptConf:
        """Read lines `PREFIX=e` and `PREFIX=n`; empty ones and those after `#` are skipped.

        Raises EncryptConfError.
        """
        lines = {}
        for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
            text = line.decode("ascii", "replace").strip()
            if not text or text.startswith("#"):
                continue
            found = _LINE.fullmatch(text)
            if found is None:
                raise EncryptConfError(f"line {number}: PREFIX=e or PREFIX=n")
            lines[found[1]] = found[2] == "e"
        return cls(lines)

    @property
    def encrypts_any(self) -> bool:
        """Whether a password is needed."""
        return any(self.lines.values())

    def encrypts(self, prefix: str) -> bool:
        """Whether files with this prefix are encrypted where there is a password; the longest line decides."""
        lines = [line for line in self.lines if prefix.startswith(line)]
        return self.lines[max(lines, key=len)] if lines else not prefix.startswith(PLAIN_PREFIXES)


@dataclass(frozen=True, slots=True)
class Encryption:
    """Which files are encrypted, and the password; without one none is."""

    conf: EncryptConf
    password: bytes | None = field(default=None, repr=False)

    def applies_to(self, prefix: str) -> bool:
        """Whether files with this prefix are encrypted."""
        return self.password is not None and self.conf.encrypts(prefix)

    def zip(self, name: str, content: bytes, *, encrypted: bool) -> bytes:
        """A ZIP file with one file in it."""
        buffer = io.BytesIO()
        method = pyzipper.WZ_AES if encrypted else None
        with pyzipper.AESZipFile(buffer, "w", compression=pyzipper.ZIP_DEFLATED, encryption=method) as file:
            if encrypted:
                file.setpassword(self.password)
            file.writestr(name, content)
        return buffer.getvalue()

    def unzip(self, content: bytes, max_bytes: int) -> bytes:
        """The one XML file in an encrypted request.

        Raises TerminalError `exchange-zip`, `message-too-large` beyond `max_bytes`: no more is decompressed.
        """
        if self.password is None:
            raise TerminalError("exchange-zip")
        try:
            return _only_member(content, self.password, max_bytes)
        except TerminalError:
            raise
        except Exception:  # the reader of ZIP files raises what comes, with the name of the member
            raise TerminalError("exchange-zip") from None


def _only_member(content: bytes, password: bytes, max_bytes: int) -> bytes:
    with pyzipper.AESZipFile(io.BytesIO(content)) as file:
        [member] = [found for found in file.infolist() if not found.is_dir()]
        if (
            not member.filename.lower().endswith(".xml")
            or member.wz_aes_version is None
            or member.compress_type not in _METHODS
        ):
            raise TerminalError("exchange-zip")
        if member.file_size > max_bytes:
            raise TerminalError("message-too-large")
        file.setpassword(password)
        with file.open(member) as opened:
            read: bytes = opened.read(max_bytes + 1)
            opened.read(1)  # the end, where the code of the whole member is checked
    if len(read) > max_bytes:
        raise TerminalError("message-too-large")
    return read
