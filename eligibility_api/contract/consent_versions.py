"""The versions of a consent's statement: its sentences in each language, and how long the consent lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from eligibility_api.contract.codes import Care

STATEMENT_VERSION: Final = 1
"""The current version of the statement.

Changed words or a changed window are a new entry of `STATEMENT_VERSIONS`.
"""


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


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of one version in one language; `until` may name the window as `{hours}`."""

    opening: str
    purpose: Mapping[Care, str]
    what: str
    until: Mapping[Until, str]
    withdrawal: str


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


STATEMENT_VERSIONS: dict[int, StatementVersion] = {
    1: StatementVersion(
        until={
            Care.OUTPATIENT: Until.HOURS_24,
            Care.HOME_VISIT: Until.WITHDRAWAL,
            Care.ONLINE: Until.CONSULTATION,
        },
        window=timedelta(hours=24),
        sentences={
            Language.JA: Sentences(
                "私は、{name}（{code}）が私の情報を見ることに同意します。",
                {
                    Care.OUTPATIENT: "目的：この施設での診療、または調剤のため",
                    Care.HOME_VISIT: "目的：訪問診療等のため",
                    Care.ONLINE: "目的：オンライン診療等のため",
                },
                "見てよい情報：",
                {
                    Until.HOURS_24: "期間：登録から{hours}時間",
                    Until.WITHDRAWAL: "期間：取り消すまで",
                    Until.CONSULTATION: "期間：今回の診療が終わるまで（長くても登録から{hours}時間）",
                },
                "同意はいつでも取り消すことができます。",
            ),
            Language.EN: Sentences(
                "I consent that {name} ({code}) looks at information about me.",
                {
                    Care.OUTPATIENT: "Purpose: treatment or dispensing at this facility",
                    Care.HOME_VISIT: "Purpose: treatment at my home",
                    Care.ONLINE: "Purpose: an online consultation",
                },
                "What it may see:",
                {
                    Until.HOURS_24: "How long: {hours} hours from registration",
                    Until.WITHDRAWAL: "How long: until I withdraw it",
                    Until.CONSULTATION: "How long: until this consultation is over"
                    " ({hours} hours from registration at most)",
                },
                "I can withdraw this consent at any time.",
            ),
        },
    ),
}
"""Every version that a card may have signed.

Entries are added, never changed: the words are rebuilt to verify a signature.
"""

UNTIL = STATEMENT_VERSIONS[STATEMENT_VERSION].until
"""The duration by form of care in the current version. There is no consent in an emergency."""
