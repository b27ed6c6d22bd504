"""Stores the last known version of each answer, by the facility's own tag for the person.

Nothing else of a person is stored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

_VERSIONS = TypeAdapter(dict[str, str])

VERSIONS_FILE = "known-versions.json"
"""Its name in the terminal's own folder."""


class CorruptVersionsError(Exception):
    """The file is not a file of known versions."""


class KnownVersions:
    """A file of versions, readable by its owner only (mode 0600)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, str]:
        """Tag → version; empty where there is no file yet. Raises CorruptVersionsError."""
        try:
            return _VERSIONS.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError:
            raise CorruptVersionsError from None  # its text would repeat the file's content

    def add(self, versions: Mapping[str, str]) -> None:
        """Add versions atomically; others stay. Raises CorruptVersionsError."""
        if not versions:
            return
        content = json.dumps({**self.read(), **versions}, ensure_ascii=False, sort_keys=True)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)
