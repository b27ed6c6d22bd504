"""How values are written on the pages: days and instants, sizes, names of columns, sentences of rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from eligibility_api.contract.days import in_era
from eligibility_api.contract.insurer_ops import PaperReason
from eligibility_api.contract.member_columns import COLUMN_TEXTS
from eligibility_api.contract.member_rules import CHECKS, MEMBER_RULES
from eligibility_api.contract.uploads import RowFault
from payer_mock.clock import JAPAN
from payer_mock.screens.enrolment import MATCHES
from payer_mock.screens.terms import PAPER_REASONS, Text, difference_text, sentence


def moment(instant: datetime) -> str:
    """An instant as tables have it, in Japan's time: 2026-11-30 14:05."""
    return f"{instant.astimezone(JAPAN):%Y-%m-%d %H:%M}"


def day_time(instant: datetime, language: str) -> str:
    """An instant as sentences have it: 11月30日 14:05."""
    local = instant.astimezone(JAPAN)
    return f"{local.month}月{local.day}日 {local:%H:%M}" if language == "ja" else f"{local:%Y-%m-%d %H:%M}"


def era_day(day: date) -> str:
    """A day as forms have it, with era and ISO: 昭和54年11月2日（1979-11-02）."""
    return f"{in_era(day)}（{day.isoformat()}）"


@pass_context
def shown_day(context: Context, day: date) -> str:
    """A day as forms of the display's language have it: with era and ISO, in English ISO 8601 alone."""
    return era_day(day) if context["display"].language == "ja" else day.isoformat()


def file_size(size: int) -> str:
    """A size in bytes with its unit: 4.1 kB, 48.2 MB."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def column_name(column: str) -> Text:
    """A column's name in Japanese and English; one that no member file has stays as it is."""
    texts = COLUMN_TEXTS.get(column)
    return (texts.ja, texts.en) if texts is not None else (column, column)


def rule(code: str) -> Text:
    """What a fault of a row means, and what to do."""
    ja, en = sentence(code)
    if code in MEMBER_RULES:
        texts = MEMBER_RULES[RowFault(code)]
        return f"{ja}{texts.fix_ja}", f"{en} {texts.fix_en}"
    return ja, en


def is_check(code: str) -> bool:
    """Whether a fault refuses nothing, and is only to be looked at (要確認)."""
    return code in CHECKS


def pair(text: str) -> Text:
    """A text of the form `日本語 / English` as a pair."""
    ja, _, en = text.partition(" / ")
    return ja, en


_SEXES = {"1": "男 / male", "2": "女 / female", "3": "— / unset"}
_RELATIONSHIPS = {"1": "本人 / insured", "2": "家族 / dependant"}
_REASONS_OF_LOSS = {
    "01": "死亡 / death",
    "02": "生活保護受給開始 / public assistance",
    "03": "医療保険等の資格取得 / other insurance",
    "99": "その他 / other",
}


def item_text(value: object, name: str, language: str) -> str:
    """The value of a member's item as people read it."""
    text = str(value)
    match name:
        case "sex":
            return _picked(_SEXES.get(text, text), language)
        case "relationship":
            return _picked(_RELATIONSHIPS.get(text, text), language)
        case "reason_of_loss":
            return f"{text} {_picked(_REASONS_OF_LOSS.get(text, text), language)}"
        case "birth_date" | "acquired_on" | "lost_on":
            return era_day(date.fromisoformat(text)) if language == "ja" else text
        case "burden_ratio":
            return f"{int(text) // 10}割" if language == "ja" else f"{text} %"
    return text


def _picked(text: str, language: str) -> str:
    return pair(text)[language != "ja"] or text


FILTERS: dict[str, Callable[..., Any]] = {
    "moment": moment,
    "day_time": day_time,
    "era_day": shown_day,
    "file_size": file_size,
    "column": column_name,
    "rule": rule,
    "is_check": is_check,
    "difference": difference_text,
    "item_text": item_text,
    "match": lambda match: pair(MATCHES[match]),
    "paper_reason": lambda reason: pair(PAPER_REASONS[PaperReason(reason)]),
}
"""The filters of the templates, by name."""
