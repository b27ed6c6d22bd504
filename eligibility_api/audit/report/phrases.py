"""The words of a report in one language: its own texts, the titles of kinds, and the names of categories."""

from __future__ import annotations

from pathlib import Path

from eligibility_api.audit_log.kinds import KINDS
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent_versions import Language, category_name
from eligibility_api.contract.errors import CATALOGUE
from screens.texts import Texts

TEXTS = Texts.load(Path(__file__).parent / "words")
_KEYS = TEXTS.keys()


class Phrases:
    """The texts of one language; calling it with a key gives the text with its values filled in."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key. Raises KeyError where there is none."""
        return TEXTS.get(self.language, key, **values)

    def of(self, table: str, value: str) -> str:
        """The text of a recorded value; the value itself where the table has none."""
        key = f"{table}.{value or 'unstated'}"
        return self(key) if key in _KEYS else value

    def kind(self, kind: str) -> str:
        """The title of a kind of record."""
        entry = KINDS.get(kind)
        if entry is None:
            return kind
        return entry.ja if self.language is Language.JA else entry.en

    def category(self, category: Category) -> str:
        """The name of a category of information."""
        return category_name(category, self.language)

    def cause(self, code: str) -> str:
        """The cause of a refusal: by the report's own texts, else by the catalogue of errors."""
        key = f"cause.{code}"
        if key in _KEYS:
            return self(key)
        entry = CATALOGUE.get(code)
        if entry is None:
            return code
        return entry.ja if self.language is Language.JA else entry.engineer

    def outcome(self, outcome: str) -> str:
        """The outcome of a request: given, or the cause of its refusal."""
        key = f"outcome.{outcome}"
        return self(key) if key in _KEYS else self.cause(outcome)
