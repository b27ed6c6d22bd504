"""A consent as rows of a screen: its number, what it covers, and until when."""

from __future__ import annotations

from datetime import datetime

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.clock import format_jst
from clinic_terminal.console import code_texts, texts
from clinic_terminal.console.insurance import Row
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import Allowed, ConsentAnswer, ConsentStatus
from eligibility_api.contract.consent_versions import Language, category_name


def rows(consent: ConsentAnswer) -> list[Row]:
    """A consent that was registered."""
    found: list[Row] = [
        (texts.CONSENT, str(consent.consent_id)),
        (texts.CARE, str(code_texts.CARE[consent.care])),
        (texts.CONSENT_BASIS, str(code_texts.BASIS[consent.basis])),
    ]
    for allowed in consent.allowed:
        found += [(texts.CONSENTED_TO, str(name(allowed.category))), *_beginning(allowed.available_from)]
        found.append((texts.CONSENT_ENDS, _end_of(allowed)))
    return found


def status_rows(status: ConsentStatus) -> list[Row]:
    """A consent as it is now."""
    found: list[Row] = [
        (texts.CONSENT, str(status.consent_id)),
        (texts.CARE, str(code_texts.CARE[status.care])),
        (texts.CONSENT_BASIS, str(code_texts.BASIS[status.basis])),
        (texts.CONSENT_GIVEN, format_jst(status.given_at)),
        *_beginning(status.available_from),
        (texts.CONSENT_ENDS, ends_at(status.available_until)),
        *((texts.CONSENTED_TO, str(name(category))) for category in status.categories),
    ]
    if status.ended_at is not None:
        found.append((texts.CONSENT_ENDED, format_jst(status.ended_at)))
    if status.end_reason:
        found.append((texts.CONSENT_END_REASON, str(code_texts.END_REASON[status.end_reason])))
    return found


def ends_at(instant: datetime | None) -> str:
    """The end of a consent; None: it lasts until it is withdrawn."""
    return str(texts.UNTIL_WITHDRAWN) if instant is None else format_jst(instant)


def name(category: Category) -> Bilingual:
    """The name of a category, as the current statement has it."""
    return Bilingual(category_name(category, Language.JA), category_name(category, Language.EN))


def _beginning(instant: datetime | None) -> list[Row]:
    """The beginning of a consent for a later day."""
    return [] if instant is None else [(texts.CONSENT_BEGINS, format_jst(instant))]


def _end_of(allowed: Allowed) -> str:
    """A category without a window counts in the answer to the consent only."""
    if not CATEGORIES[allowed.category].window:
        return str(texts.THIS_ANSWER_ALONE)
    return ends_at(allowed.available_until)
