"""Consent (閲覧同意): the statement, the words that the patient reads, and the bytes that her card signs over them.

The fund gives the statement's parts, the terminal builds words and bytes itself, and the fund builds them again: what
was shown is what was signed. The words are a pure function of statement and version; a version's words never change.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field
from pydantic_core import PydanticCustomError

from eligibility_api.contract import examples, presence
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category, EndReason, Purpose
from eligibility_api.contract.eligibility import EligibilityAnswer, Proof
from eligibility_api.contract.wire import (
    Answer,
    Bytes,
    InstitutionCode,
    OperatorName,
    PersonText,
    RequestModel,
)

CONSENTS_PATH = "/v1/consents"

STATEMENT_VERSION: Final = 1
"""The version of the words. A change of any of them is a new version beside the former ones."""

EVIDENCE_FORMAT: Final = "shikaku-consent/1"
"""What an exported consent says of its own form."""


class Language(StrEnum):
    """The language in which the patient read the words."""

    JA = "ja"
    EN = "en"


class Until(StrEnum):
    """How long a consent lets the facility look; from its registration on."""

    HOURS_24 = "24-hours"
    WITHDRAWAL = "withdrawal"
    CONSULTATION = "consultation"
    """The facility ends it with the consultation; 24 hours at most."""


UNTIL: dict[Care, Until] = {
    Care.OUTPATIENT: Until.HOURS_24,
    Care.HOME_VISIT: Until.WITHDRAWAL,
    Care.ONLINE: Until.CONSULTATION,
}
"""By the form of care (OQS 11, rules 4 and 5). In an emergency nobody consents."""


def _in_order(value: tuple[Category, ...]) -> tuple[Category, ...]:
    ordered = tuple(category for category in CATEGORIES if category in value)
    if len(ordered) != len(value) or not value:
        raise PydanticCustomError("categories", "one category at least, and none twice")
    return ordered


Categories = Annotated[tuple[Category, ...], AfterValidator(_in_order)]
"""What is consented to: in the catalogue's order, none twice."""

ConsentCare = Literal[Care.OUTPATIENT, Care.HOME_VISIT, Care.ONLINE]


class ConsentStatement(RequestModel):
    """The parts of what the patient consents to."""

    version: Literal[1] = STATEMENT_VERSION
    language: Language = Language.JA
    institution_code: InstitutionCode
    institution_name: PersonText
    categories: Categories
    care: ConsentCare = Field(description="For which care the facility looks: the purpose.")
    until: Until


class ConsentChallengeRequest(RequestModel):
    """`POST /v1/consents/challenges`: what the patient is about to consent to, after her presence was proved."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CONSENT_CHALLENGE]})

    presence_record: UUID = Field(description="`record_id` of the eligibility answer that her card led to.")
    categories: Categories
    care: ConsentCare = Care.OUTPATIENT
    language: Language = Language.JA
    visual_check: bool = Field(default=False, description="Staff compare the face instead of the PIN.")


class ConsentChallengeAnswer(Answer):
    """The statement, and what is to be signed with it until `expires_at`: people read."""

    challenge: str = Field(examples=["AQFrMQAAAZ..."])
    expires_at: datetime
    statement: ConsentStatement


class ConsentRequest(Proof):
    """`POST /v1/consents`: the statement, and the card's signature over its words."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CONSENT]})

    presence_record: UUID
    statement: ConsentStatement
    operator: OperatorName | None = Field(
        default=None, description="Who compared the face, where the card signed without its PIN."
    )


class Allowed(Answer):
    """One category of a consent, as the triple of the real interface (ConsFlg, ConsTime, AvailableTime)."""

    category: Category
    given_at: datetime
    available_until: datetime | None = Field(
        description="First instant at which it is no more; None where it lasts until it is withdrawn, or lets the"
        " facility look at nothing beyond the eligibility."
    )


class Basis(StrEnum):
    """Why a facility may look."""

    PIN = "pin"
    VISUAL_CHECK = "visual-check"
    EMERGENCY = "emergency"
    DISASTER = "disaster"


class ConsentAnswer(Answer):
    """What was registered, and the eligibility completed by what was allowed."""

    consent_id: UUID
    basis: Literal[Basis.PIN, Basis.VISUAL_CHECK]
    care: Care
    allowed: list[Allowed]
    record_id: str
    eligibility: EligibilityAnswer


class ConsentStatus(Answer):
    """`GET /v1/consents/{consent_id}`: how a consent of this facility stands."""

    consent_id: UUID
    basis: Basis
    care: Care
    categories: list[Category]
    given_at: datetime
    available_until: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None


class ConsentEnd(RequestModel):
    """`POST /v1/consents/{consent_id}/end`: it ends at once, by the facility or at the patient's word."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "2"}]})

    reason: EndReason


class Revocation(Answer):
    """What the fund knew of the certificate's standing at the moment of the consent."""

    source: Literal["crl", "ocsp"]
    status: Literal["good"] = "good"
    crl_number: int | None = None
    crl_sha256: str | None = Field(default=None, description="Of the list (DER), lower-case hexadecimal.")
    this_update: AwareDatetime | None = None
    next_update: AwareDatetime | None = None
    checked_at: AwareDatetime


class ConsentEvidence(Answer):
    """An exported consent: all that proves it without the fund (`eligibility-api consent verify`)."""

    format: Literal["shikaku-consent/1"] = EVIDENCE_FORMAT
    consent_id: UUID
    basis: Literal[Basis.PIN, Basis.VISUAL_CHECK]
    given_at: AwareDatetime
    available_until: AwareDatetime | None
    operator: str | None
    statement: ConsentStatement
    words: str
    audience: str = Field(max_length=512)
    terminal_id: UUID
    presence_record: UUID
    challenge: str = Field(max_length=512)
    certificate: Bytes
    signature: Bytes
    revocation: Revocation
    ended_at: AwareDatetime | None = None
    end_reason: EndReason | None = None


def words(statement: ConsentStatement) -> str:
    """The words that the patient reads and her card signs: lines, each ended by a line feed."""
    opening = _TEXTS[statement.version, statement.language].opening
    named = opening.format(name=statement.institution_name, code=statement.institution_code)
    rest = _rest(statement.version, statement.language, statement.care, statement.categories, statement.until)
    return f"{named}\n{rest}"


@lru_cache(maxsize=256)
def _rest(
    version: int, language: Language, care: Care, categories: tuple[Category, ...], until: Until
) -> str:
    """The lines after the first, which names the facility: everywhere the same few."""
    text = _TEXTS[version, language]
    names = (getattr(CATEGORIES[category], language) for category in categories)
    lines = [
        text.purpose[care],
        text.what,
        *(f"・{name}" if language is Language.JA else f"- {name}" for name in names),
        text.until[until],
        text.withdrawal,
    ]
    return "".join(f"{line}\n" for line in lines)


def to_be_signed(
    statement: ConsentStatement,
    *,
    visual_check: bool,
    audience: str,
    terminal_id: str,
    challenge: str,
    presence_record: UUID,
) -> bytes:
    """What the card signs: a presence's bytes under the consent's own tag, with two fields more: the presence record's
    id, and the words.
    """
    return presence.to_be_signed(
        Purpose.VISUAL_CONSENT if visual_check else Purpose.CONSENT,
        audience=audience,
        institution_code=statement.institution_code,
        terminal_id=terminal_id,
        challenge=challenge,
        more=(str(presence_record), words(statement)),
    )


class _Text:
    """The sentences of one version in one language."""

    def __init__(
        self, opening: str, purpose: dict[Care, str], what: str, until: dict[Until, str], withdrawal: str
    ) -> None:
        self.opening, self.purpose, self.what = opening, purpose, what
        self.until, self.withdrawal = until, withdrawal


_TEXTS = {
    (1, Language.JA): _Text(
        "私は、{name}（{code}）が私の情報を見ることに同意します。",
        {
            Care.OUTPATIENT: "目的：この施設での診療、または調剤のため",
            Care.HOME_VISIT: "目的：訪問診療等のため",
            Care.ONLINE: "目的：オンライン診療等のため",
        },
        "見てよい情報：",
        {
            Until.HOURS_24: "期間：登録から24時間",
            Until.WITHDRAWAL: "期間：取り消すまで",
            Until.CONSULTATION: "期間：今回の診療が終わるまで（長くても登録から24時間）",
        },
        "同意はいつでも取り消すことができます。",
    ),
    (1, Language.EN): _Text(
        "I consent that {name} ({code}) looks at information about me.",
        {
            Care.OUTPATIENT: "Purpose: treatment or dispensing at this facility",
            Care.HOME_VISIT: "Purpose: treatment at my home",
            Care.ONLINE: "Purpose: an online consultation",
        },
        "What it may see:",
        {
            Until.HOURS_24: "How long: 24 hours from registration",
            Until.WITHDRAWAL: "How long: until I withdraw it",
            Until.CONSULTATION: "How long: until this consultation is over (24 hours from registration at most)",
        },
        "I can withdraw this consent at any time.",
    ),
}
