"""The versions of a consent's statement: words and names in each language, and how long a consent lasts.

They are data: `consent_statements.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

from eligibility_api.contract.codes import Care, Category

STATEMENT_VERSION: Final = 2
"""The current version of the statement, which new consents use."""

FIRST_VERSION_WITH_DAY: Final = 2
"""The first version that knows a consent for the day of an appointment."""


class Language(StrEnum):
    """The language in which the patient read the words."""

    JA = "ja"
    EN = "en"


class Until(StrEnum):
    """How long a consent lasts, from its registration on."""

    HOURS_24 = "24-hours"
    WITHDRAWAL = "withdrawal"
    CONSULTATION = "consultation"
    """Until the facility ends it after the consultation, at most until its version's window is over."""
    APPOINTMENT = "appointment"
    """On the day of an appointment only, until the facility ends it after the consultation."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of one version in one language; see the head of `consent_statements.toml`."""

    opening: str
    purpose: Mapping[Care, str]
    what: str
    what_all: str
    until: Mapping[Until, str]
    withdrawal: str
    names: Mapping[Category, str]


@dataclass(frozen=True, slots=True)
class StatementVersion:
    """The terms that a version of the statement fixes permanently.

    They bind the fund, the terminal and the verifier of an old export. `until` is the duration by form of
    care (OQS 11, rules 4 and 5); `window` is the longest time from the registration on for every duration but
    until withdrawal.
    """

    until: Mapping[Care, Until]
    window: timedelta
    sentences: Mapping[Language, Sentences]


def _read() -> dict[int, StatementVersion]:
    data = tomllib.loads(files(__package__).joinpath("consent_statements.toml").read_text(encoding="utf-8"))
    return {int(version): _version(terms) for version, terms in data.items()}


def _version(terms: Mapping[str, Any]) -> StatementVersion:
    return StatementVersion(
        until={Care(care): Until(until) for care, until in terms["until"].items()},
        window=timedelta(hours=terms["window_hours"]),
        sentences={language: _sentences(**terms[language]) for language in Language},
    )


def _sentences(
    *, purpose: dict[str, str], until: dict[str, str], names: dict[str, str], **sentences: str
) -> Sentences:
    return Sentences(
        purpose={Care(care): text for care, text in purpose.items()},
        until={Until(duration): text for duration, text in until.items()},
        names={Category(category): name for category, name in names.items()},
        **sentences,
    )


STATEMENT_VERSIONS = _read()
"""Every version that a card may have signed."""


def until_of(version: int, care: Care, day: date | None = None) -> Until:
    """The duration of a consent by its version and form of care, or for the `day` of an appointment.

    There is no consent in an emergency.
    """
    return Until.APPOINTMENT if day is not None else STATEMENT_VERSIONS[version].until[care]


def category_name(category: Category, language: Language) -> str:
    """The name of a category in the current version, as screens show it."""
    return STATEMENT_VERSIONS[STATEMENT_VERSION].sentences[language].names[category]


def day_in_words(day: date, language: Language) -> str:
    """A day as the words of a statement write it."""
    return f"{day.year}年{day.month}月{day.day}日" if language is Language.JA else day.isoformat()
