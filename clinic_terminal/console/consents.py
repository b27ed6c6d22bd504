"""A consent as rows of a screen: its number, until when it lets look, and at what."""

from __future__ import annotations

from datetime import datetime

from clinic_terminal.clock import on_the_wall
from clinic_terminal.console import code_words, words
from clinic_terminal.console.insurance import Row
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import Allowed, ConsentAnswer, ConsentStatus


def rows(consent: ConsentAnswer) -> list[Row]:
    """What was registered."""
    listed = [(words.CONSENTED_TO, f"{_name(one.category)}: {_until(one)}") for one in consent.allowed]
    return [
        (words.CONSENT, str(consent.consent_id)),
        (words.CARE, f"{code_words.CARE[consent.care]} ・ {code_words.BASIS[consent.basis]}"),
        *listed,
    ]


def status_rows(status: ConsentStatus) -> list[Row]:
    """How a consent stands."""
    found = [
        (words.CONSENT, str(status.consent_id)),
        (words.CARE, f"{code_words.CARE[status.care]} ・ {code_words.BASIS[status.basis]}"),
        (words.CONSENT_GIVEN, on_the_wall(status.given_at)),
        (words.CONSENT_ENDS, ends_at(status.available_until)),
        *((words.CONSENTED_TO, _name(category)) for category in status.categories),
    ]
    if status.ended_at is not None:
        reason = f" {code_words.END_REASON[status.end_reason]}" if status.end_reason else ""
        found.append((words.CONSENT_ENDED, f"{on_the_wall(status.ended_at)}{reason}"))
    return found


def ends_at(instant: datetime | None) -> str:
    """The end of a consent, or that it has none of its own."""
    return str(words.UNTIL_WITHDRAWN) if instant is None else on_the_wall(instant)


def _name(category: Category) -> str:
    entry = CATEGORIES[category]
    return f"{entry.ja} / {entry.en}"


def _until(allowed: Allowed) -> str:
    """A category without a window counts in the answer to the consent alone."""
    if not CATEGORIES[allowed.category].window:
        return str(words.THIS_ANSWER_ALONE)
    return f"～ {ends_at(allowed.available_until)}"
