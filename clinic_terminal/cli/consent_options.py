"""Options of what a patient is asked to consent to: information, form of care, day, language."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from clinic_terminal.bilingual import option_help
from clinic_terminal.cli.common import require, usage_error
from clinic_terminal.cli.options import parse_date
from clinic_terminal.settings import TerminalSettings
from clinic_terminal.visit.consent import ConsentProposal
from clinic_terminal.visit.information import ASKED, asked_for
from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.consent import ConsentCare
from eligibility_api.contract.consent_versions import Language


class CareName(StrEnum):
    """The forms of care for which a patient can consent, as the option names them."""

    OUTPATIENT = "outpatient"
    HOME_VISIT = "home-visit"
    ONLINE = "online"

    @property
    def code(self) -> ConsentCare:
        """診療区分."""
        return _CARES[self]


_CARES: dict[CareName, ConsentCare] = {
    CareName.OUTPATIENT: Care.OUTPATIENT,
    CareName.HOME_VISIT: Care.HOME_VISIT,
    CareName.ONLINE: Care.ONLINE,
}
_ALL = "all"


def parse_categories(text: str) -> frozenset[Category] | None:
    """Categories by their names, separated by commas; None for all. Raises typer.BadParameter."""
    names = {name.strip() for name in text.split(",")}
    if unknown := sorted(names - {*ASKED, _ALL}):
        given, known = ", ".join(unknown), ", ".join([_ALL, *ASKED])
        raise usage_error(
            f"{given} は指定できません。指定できるもの：{known}", f"{given}: not one of {known}"
        )
    return None if _ALL in names else frozenset(map(Category, names))


def proposed(named: Collection[Category] | None, settings: TerminalSettings) -> tuple[Category, ...]:
    """The categories to propose: those named, or everything that the facility asks for.

    Raises typer.BadParameter for information that the facility does not ask for.
    """
    asked = asked_for(settings.information)
    if named is None:
        return asked
    if off := [category for category in ASKED if category in named and category not in asked]:
        raise usage_error(
            f"{', '.join(off)}：この施設では同意を求めない設定です（TERMINAL_INFORMATION）。",
            f"{', '.join(off)}: this facility does not ask for it (TERMINAL_INFORMATION)",
        )
    return tuple(category for category in asked if category in named)


Consent = Annotated[
    str | None,
    typer.Option(
        "--consent",
        metavar="KIND,…",
        help=option_help(
            f"同意を求める情報（複数はコンマ区切り）：{_ALL}（この施設が求める情報のすべて）, {', '.join(ASKED)}",
            "Information to ask consent for, separated by commas; all: what this facility asks for.",
        ),
    ),
]
CareOption = Annotated[
    CareName,
    typer.Option(
        "--care",
        metavar="CARE",
        help=option_help(
            "診療区分。同意の期間が決まる：outpatient（外来）、home-visit（訪問診療など）、online（オンライン診療など）。",
            "Form of care; decides how long the consent lasts.",
        ),
    ),
]
AppointmentDay = Annotated[
    date | None,
    typer.Option(
        "--day",
        parser=parse_date,
        metavar="DAY",
        help=option_help(
            "オンライン診療などの予約日。この日だけ閲覧できる（省略時：今回の診療）。",
            "Day of an online consultation, the only one on which information may be viewed; default: this one.",
        ),
    ),
]
LanguageOption = Annotated[
    Language,
    typer.Option(
        "--language",
        metavar="ja|en",
        help=option_help("患者さんが読む同意文の言語。", "Language of the consent's text."),
    ),
]


def require_day(day: date | None, care: CareName, *, consents: bool) -> None:
    """A day is for a consent to an online consultation only. Raises typer.BadParameter."""
    require(
        day is None or (consents and care is CareName.ONLINE),
        "--day は --consent と --care online と一緒に指定してください。",
        "--day goes with --consent and --care online",
    )


def proposal(
    categories: tuple[Category, ...], care: CareName, language: Language, day: date | None = None
) -> ConsentProposal:
    """What the patient is asked to consent to. Raises typer.BadParameter if the facility asks for nothing."""
    require(
        bool(categories),
        "この施設が同意を求める情報がありません（TERMINAL_INFORMATION）。",
        "this facility asks for no information (TERMINAL_INFORMATION)",
    )
    return ConsentProposal(categories, care.code, language, day)
