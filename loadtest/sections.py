"""Sections of a run's report about a fault or a day, and texts in Japanese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Text(NamedTuple):
    """A text in Japanese and in English."""

    ja: str
    en: str

    def __str__(self) -> str:
        """Both, for a lone label."""
        return f"{self.ja} / {self.en}"


def joined(texts: Iterable[Text], separator: Text) -> Text:
    """The texts of each language, joined."""
    texts = list(texts)
    return Text(separator.ja.join(text.ja for text in texts), separator.en.join(text.en for text in texts))


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One section: printed on the console, a key of the JSON, and a section of the page."""

    name: str
    """Its key in the JSON."""

    title: Text

    sentences: tuple[Text, ...]
    """The expectation first and the verdict last."""

    figures: Mapping[str, Any] = field(default_factory=dict)
    """Measurements by name, which ends with the unit; JSON."""

    met: bool = True
    """Whether the expectation was met. If not, the run has failed."""

    explained: Mapping[str, int] = field(default_factory=dict)
    """Expected errors by code: reported like any other, but no failure of the run."""

    span: tuple[float, float] | None = None
    """Start and end in seconds of the run: marked in the charts."""

    def as_json(self) -> dict[str, Any]:
        """The object under its name."""
        return {
            "sentences": [sentence.en for sentence in self.sentences],
            "sentences_ja": [sentence.ja for sentence in self.sentences],
            "met": self.met,
            "explained_errors": dict(self.explained),
            "span_s": list(self.span) if self.span else None,
            **self.figures,
        }
