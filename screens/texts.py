"""The texts of screens: one catalogue per language, each text under a key that all languages have."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("ja", "en")
"""The languages; the first one is the default."""

SHARED = Path(__file__).parent / "words"
"""The folder of the texts that all screens share."""


class TextsError(Exception):
    """The catalogues do not agree: names the keys."""


class Texts:
    """The texts of one program by language and key."""

    def __init__(self, by_language: Mapping[str, Mapping[str, str]]) -> None:
        self._by_language = by_language

    @classmethod
    def load(cls, *folders: Path) -> Texts:
        """Read `ja.toml` and `en.toml` of each folder, and the shared ones. Raises TextsError.

        A table in a file is a part of its keys: `[upload] title` has the key `upload.title`.
        """
        by_language: dict[str, dict[str, str]] = {}
        for language in LANGUAGES:
            by_language[language] = {}
            for folder in (SHARED, *folders):
                for key, text in read(folder, language).items():
                    if key in by_language[language]:
                        raise TextsError(f"{key} is in two catalogues")
                    by_language[language][key] = text
        first, *others = by_language.values()
        for other in others:
            if first.keys() != other.keys():
                raise TextsError(f"not in every language: {', '.join(sorted(first.keys() ^ other.keys()))}")
        return cls(by_language)

    def keys(self) -> frozenset[str]:
        """The keys, the same in each language."""
        return frozenset(self._by_language[LANGUAGES[0]])

    def get(self, language: str, key: str, **values: object) -> str:
        """The text of a key with its values filled in. Raises KeyError where there is none."""
        text = self._by_language[language][key]
        return text.format(**values) if values else text


@cache
def read(folder: Path, language: str) -> Mapping[str, str]:
    """The texts of one catalogue by key, which do not change while the program runs."""
    return dict(_flat(tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
