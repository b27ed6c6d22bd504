"""Where the fund's keys are: files of its own, files that it is given, or one text that it is given.

Its own are `FUND_HOME/keys`: missing ones are created, and rotated by commands. Given ones are a folder (`FUND_KEYS_DIR`,
such as a mounted secret) or the text of `FUND_KEYS`: all of them must be there, and none is ever written. Why: docs/decisions/030.
"""

from __future__ import annotations

import base64
import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

KEY_FILES = (
    "challenge.json",
    "checkpoint.keys",
    "checkpoint.pem",
    "jlis-client.jwk",
    "jlis-client.pub.pem",
    "second-factor.key",
    "token.jwk",
    "token.jwks",
    "version.key",
    "webhook.key",
)
"""The names of the files, of which `token.jwks` takes the place of `token.jwk` once that was rotated."""


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The key files of one fund. `texts`: their contents by name, if they are no files."""

    folder: Path
    given: bool = False
    texts: Mapping[str, bytes] | None = None

    @classmethod
    def below(cls, home: Path) -> KeyFiles:
        """The fund's own files below its home."""
        return cls(home / "keys")

    @classmethod
    def of(cls, settings: Settings) -> KeyFiles:
        """The files that the settings name. Raises OperatorError if they name two places, or a text that is none of `as_text`."""
        if settings.keys is not None and settings.keys_dir is not None:
            raise OperatorError("FUND_KEYS and FUND_KEYS_DIR both give keys: set one of them.")
        if settings.keys is not None:
            return cls(Path("FUND_KEYS"), given=True, texts=_texts(settings.keys.get_secret_value()))
        if settings.keys_dir is not None:
            return cls(settings.keys_dir, given=True)
        return cls.below(settings.home)

    def read(self, name: str) -> bytes:
        """The content of a file. Raises FileNotFoundError, or another OSError."""
        if self.texts is None:
            return (self.folder / name).read_bytes()
        if name not in self.texts:
            raise FileNotFoundError(errno.ENOENT, "no such key", str(self.folder / name))
        return self.texts[name]

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.folder / name).exists() if self.texts is None else name in self.texts

    def paths(self, *names: str) -> tuple[Path, ...]:
        """The paths of files, present or not, that may change while the fund serves; none of a text."""
        return tuple(self.folder / name for name in names) if self.texts is None else ()

    def own_folder(self) -> Path:
        """The folder, which may be written to. Raises OperatorError if the keys are given."""
        if self.given:
            raise OperatorError(
                "The keys are given by FUND_KEYS_DIR or FUND_KEYS, so this command writes none: make new ones in a folder"
                " of your own, without these settings, and give them."
            )
        return self.folder

    def as_text(self) -> str:
        """All files in one text: a JSON object of their contents in base64, by name. Raises OSError."""
        present = {name: self.read(name) for name in KEY_FILES if self.has(name)}
        return json.dumps({name: base64.b64encode(content).decode() for name, content in present.items()})


def _texts(text: str) -> dict[str, bytes]:
    try:
        encoded = json.loads(text)
        texts = {str(name): base64.b64decode(content, validate=True) for name, content in encoded.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        texts = {}
    if not texts or not texts.keys() <= set(KEY_FILES):
        # The error of a parser repeats the text.
        raise OperatorError("FUND_KEYS is no text of `eligibility-api keys export`.") from None
    return texts
