"""Consent (閲覧同意): the statement, its words, and the bytes that the patient's card signs over them.

The fund sends the statement's parts, the terminal builds words and bytes itself, and the fund rebuilds them:
what was displayed is what was signed. The words are a pure function of the statement and its version; a
version never changes.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache  # noqa: TID251 - of codes and days, 256 at most
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract import examples, presence
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category, EndReason, Purpose
from eligibility_api.contract.consent_versions import (
    FIRST_VERSION_WITH_DAY,
    STATEMENT_VERSION,
    STATEMENT_VERSIONS,
    Language,
    Until,
    day_in_words,
)
from eligibility_api.contract.eligibility import EligibilityAnswer, Proof
from eligibility_api.contract.wire import (
    Answer,
    Bytes,
    Day,
    InstitutionCode,
    OperatorName,
    PersonText,
    RequestModel,
)

CONSENTS_PATH = "/v1/consents"
OWN_PAGE_CONSENTS_PATH = f"{CONSENTS_PATH}/own-page"

EVIDENCE_FORMAT: Final = "shikaku-consent/1"
"""Format identifier of an exported consent."""


def _in_order(value: tuple[Category, ...]) -> tuple[Category, ...]:
    ordered = tuple(category for category in CATEGORIES if category in value)
    if len(ordered) != len(value) or not value:
        raise PydanticCustomError("categories", "one category at least, and none twice")
    return ordered


Categories = Annotated[tuple[Category, ...], AfterValidator(_in_order)]
"""The categories consented to: in the catalogue's order, without duplicates."""

ConsentCare = Literal[Care.OUTPATIENT, Care.HOME_VISIT, Care.ONLINE]

MEDICAL_CATEGORIES = frozenset(category for category, entry in CATEGORIES.items() if entry.medical)
"""All medical information: what one choice consents to (包括同意)."""


def _is_absent(value: object) -> bool:
    """Whether a member is left out: an export of the first version has no such member, and stays as it was."""
    return value is None


def _day_fits(day: date | None, care: Care) -> None:
    if day is not None and care is not Care.ONLINE:
        raise PydanticCustomError("day", "a day is for an online consultation only")


class ConsentStatement(RequestModel):
    """The parts of what the patient consents to."""

    # Not a Literal: generators of clients make text of a constant.
    version: int = Field(default=STATEMENT_VERSION, strict=True, ge=1, le=STATEMENT_VERSION)
    language: Language = Language.JA
    institution_code: InstitutionCode
    institution_name: PersonText
    categories: Categories
    care: ConsentCare = Field(description="The form of care: the purpose of the access.")
    until: Until
    day: Day | None = Field(
        default=None,
        exclude_if=_is_absent,
        description="The appointment's day, for an online consultation: access on that day only.",
    )

    @model_validator(mode="after")
    def _appointment_has_a_day(self) -> Self:
        _day_fits(self.day, self.care)
        if (self.day is not None) != (self.until is Until.APPOINTMENT):
            raise PydanticCustomError("day", "a day and the duration of an appointment belong together")
        if self.day is not None and self.version < FIRST_VERSION_WITH_DAY:
            raise PydanticCustomError("day", "this version of the statement knows no day")
        return self


class ConsentChallengeRequest(RequestModel):
    """`POST /v1/consents/challenges`: what the patient will consent to, after proof of her presence."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CONSENT_CHALLENGE]})

    presence_record: UUID = Field(description="`record_id` of the eligibility answer to her card.")
    categories: Categories
    care: ConsentCare = Care.OUTPATIENT
    language: Language = Language.JA
    day: Day | None = Field(
        default=None,
        description="For an online consultation: the day of the appointment, today or later. Access on that day only.",
    )
    visual_check: bool = Field(default=False, description="Staff compare the face in place of the PIN.")

    @model_validator(mode="after")
    def _day_is_of_an_online_consultation(self) -> Self:
        _day_fits(self.day, self.care)
        return self


class ConsentChallengeAnswer(Answer):
    """The statement, and the challenge to sign with it until `expires_at` (long enough to read the words)."""

    challenge: str = Field(examples=["AQFrMQAAAZ..."])
    expires_at: datetime
    statement: ConsentStatement


class ConsentRequest(Proof):
    """`POST /v1/consents`: the statement, and the card's signature over its words."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CONSENT]})

    presence_record: UUID
    statement: ConsentStatement
    operator: OperatorName | None = Field(
        default=None, description="Who compared the face, if the card signed without its PIN."
    )


class Allowed(Answer):
    """One category of a consent, as the triple of the real interface (ConsFlg, ConsTime, AvailableTime)."""

    category: Category
    given_at: datetime
    available_from: datetime | None = Field(
        default=None,
        description="The beginning of the appointment's day, if that is later than the registration.",
    )
    available_until: datetime | None = Field(
        description="The first instant at which it no longer holds; null if it lasts until it is withdrawn, or covers"
        " nothing beyond this eligibility answer."
    )


class Basis(StrEnum):
    """On which basis a facility may access a person's information."""

    PIN = "pin"
    VISUAL_CHECK = "visual-check"
    OWN_ACCESS = "own-access"
    """Given by the person on her own page, for an appointment's day (W14): her card did not sign the words."""
    EMERGENCY = "emergency"
    DISASTER = "disaster"


class ConsentAnswer(Answer):
    """The registered consent, and the eligibility including what the consent allows."""

    consent_id: UUID
    basis: Literal[Basis.PIN, Basis.VISUAL_CHECK]
    care: Care
    allowed: list[Allowed]
    record_id: str
    eligibility: EligibilityAnswer


class ConsentStatus(Answer):
    """`GET /v1/consents/{consent_id}`: the status of a consent of this facility."""

    consent_id: UUID
    basis: Basis
    care: Care
    categories: list[Category]
    given_at: datetime
    available_from: datetime | None = None
    available_until: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None


ListedCare = Literal[Care.HOME_VISIT, Care.ONLINE]
"""The forms of care whose consents a facility lists: those that outlast a visit."""


class ConsentList(Answer):
    """`GET /v1/consents`: a page of the facility's consents, in the order of their registration."""

    consents: list[ConsentStatus]
    next: str | None = Field(description="Cursor of the next page; null at the end.")


class OwnPageConsents(Answer):
    """`GET /v1/consents/own-page`: the consents that a person gave this facility on her own page, and that have not ended."""

    consents: list[ConsentStatus] = Field(description="The newest first.")
    record_id: str


class ConsentEnd(RequestModel):
    """`POST /v1/consents/{consent_id}/end`: ends it at once, by the facility or on the patient's request."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "2"}]})

    reason: EndReason


class Revocation(Answer):
    """What the fund knew of the certificate's revocation status at the moment of the consent."""

    source: Literal["crl", "ocsp"]
    status: Literal["good"] = "good"
    crl_number: int | None = None
    crl_sha256: str | None = Field(default=None, description="Of the list (DER), lower-case hexadecimal.")
    this_update: AwareDatetime | None = None
    next_update: AwareDatetime | None = None
    checked_at: AwareDatetime


class ConsentEvidence(Answer):
    """An exported consent: everything that proves it without the fund (`eligibility-api consent verify`)."""

    format: Literal["shikaku-consent/1"] = EVIDENCE_FORMAT
    consent_id: UUID
    basis: Literal[Basis.PIN, Basis.VISUAL_CHECK]
    given_at: AwareDatetime
    available_from: AwareDatetime | None = Field(default=None, exclude_if=_is_absent)
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
    """The words that the patient reads and her card signs: lines, each terminated by a line feed."""
    opening = STATEMENT_VERSIONS[statement.version].sentences[statement.language].opening
    first_line = opening.format(name=statement.institution_name, code=statement.institution_code)
    rest = _rest(
        version=statement.version,
        language=statement.language,
        care=statement.care,
        categories=statement.categories,
        until=statement.until,
        day=statement.day,
    )
    return f"{first_line}\n{rest}"


@lru_cache(maxsize=256)
def _rest(
    *,
    version: int,
    language: Language,
    care: Care,
    categories: tuple[Category, ...],
    until: Until,
    day: date | None,
) -> str:
    """The lines after the first one, which names the facility.

    They take few distinct values, hence the cache.
    """
    terms = STATEMENT_VERSIONS[version]
    sentences = terms.sentences[language]
    names = (sentences.names[category] for category in categories)
    duration = sentences.until[until].format(
        hours=terms.window // timedelta(hours=1), day=day_in_words(day, language) if day else None
    )
    lines = [
        sentences.purpose[care],
        sentences.what_all if MEDICAL_CATEGORIES.issubset(categories) else sentences.what,
        *(f"・{name}" if language is Language.JA else f"- {name}" for name in names),
        duration,
        sentences.withdrawal,
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
    """The bytes that the card signs for a consent.

    They are those of a presence under the consent's own tag, with two more fields: the presence record's id,
    and the words.
    """
    return presence.to_be_signed(
        Purpose.VISUAL_CONSENT if visual_check else Purpose.CONSENT,
        audience=audience,
        institution_code=statement.institution_code,
        terminal_id=terminal_id,
        challenge=challenge,
        more=(str(presence_record), words(statement)),
    )
