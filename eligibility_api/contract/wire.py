"""Base classes of all wire models, and common field types."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, LiteralString, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from eligibility_api.contract import identifiers
from eligibility_api.contract.bounds import MAX_TEXT_LENGTH, before
from eligibility_api.contract.characters import normalize_kana
from eligibility_api.contract.days import EARLIEST_DAY, MAX_DAY_LENGTH, UnreadableDay, parse_day
from eligibility_api.contract.identifiers import IdentifierFault, UnreadableIdentifier
from eligibility_api.contract.numbers import MAX_IDENTIFIER_LENGTH, is_my_number

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

MY_NUMBER_FAULT = "my_number"
"""The validation error type that becomes `my-number-refused`."""

LAW_FAULT = "law_number"
"""The validation error type of a number whose 法別番号 does not exist."""

_MY_NUMBER_DIGITS = 12


class RequestModel(BaseModel):
    """Base of requests: rejects unknown members, and never repeats input in errors.

    Identifiers, days and kana get their canonical form (`identifiers`); other texts stay as written.

    Every text, number and list in it has a limit, which is checked before anything else sees the value
    (decision 016); a test walks through the schemas of all requests.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


_MAX_MEMBERS = 100
"""Maximum members of one JSON object of a long list; enough to report a few unknown ones individually."""


class Row(RequestModel):
    """Base of the rows of a long list, and of the request that has one: limits an object's members.

    Each unknown member is a fault, and a fault takes a hundred times the memory of its member.
    """

    @model_validator(mode="before")
    @classmethod
    def _has_few_members(cls, value: object) -> object:
        if isinstance(value, dict) and len(value) > _MAX_MEMBERS:
            raise PydanticCustomError("too_many_members", "more members than a row can have")
        return value


class Answer(BaseModel):
    """Base of answers: clients ignore unknown members, so that the fund can add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    @classmethod
    def from_trusted(cls, values: dict[str, Any]) -> Self:
        """Construct without validation, from validated values: every field, in the order of the fields.

        Like `model_construct`, without its much slower search for aliases and defaults. The answer keeps
        `values`: the caller must not use it afterwards.
        """
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__pydantic_fields_set__", set(values))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made


def _my_number() -> PydanticCustomError:
    return PydanticCustomError(MY_NUMBER_FAULT, "a My Number is not accepted")


def canonical(read: Callable[[str], str], fault: LiteralString, rule: LiteralString) -> AfterValidator:
    """A validator that replaces a text by the canonical form of an identifier, for use in `Annotated`.

    Any other text is refused as `fault`; `rule` says what would be one.
    """

    def convert(value: str) -> str:
        try:
            return read(value)
        except UnreadableIdentifier as error:
            match error.fault:
                case IdentifierFault.MY_NUMBER:
                    raise _my_number() from None
                case IdentifierFault.LAW:
                    raise PydanticCustomError(LAW_FAULT, "a law number that exists") from None
            raise PydanticCustomError(fault, rule) from None

    return AfterValidator(convert)


def _membership_text(value: str) -> str:
    # Folding never lengthens an ASCII text.
    if (len(value) >= _MY_NUMBER_DIGITS or not value.isascii()) and is_my_number(value):
        raise _my_number()
    if not value.isalnum() and not identifiers.membership_key(value):
        raise PydanticCustomError("membership_text", "must contain more than spaces and hyphens")
    return value


_NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Rejects control characters (Unicode category Cc): the database cannot store U+0000."""

Text = Annotated[str, StringConstraints(pattern=_NO_CONTROL_CHARACTERS)]
"""Text without control characters; the type of every stored text of a request, which adds a maximum length."""

MembershipText = Annotated[
    Text,
    StringConstraints(min_length=1, max_length=20),
    AfterValidator(_membership_text),
]
"""A symbol (記号) or number (番号) as written, up to 20 characters, never a My Number."""

_Identifier = Annotated[str, StringConstraints(max_length=MAX_IDENTIFIER_LENGTH)]
"""An identifier as written: longer than its canonical form by spaces and hyphens, or a My Number in its place."""

InsurerNumber = Annotated[
    _Identifier,
    canonical(identifiers.insurer_number, "insurer_number", "six or eight digits with a valid check digit"),
    Field(examples=["01130012"]),
]
"""保険者番号 of eight digits, or six for municipal insurance (also filled up to eight), with its check digit."""

PayerNumber = Annotated[
    _Identifier,
    canonical(identifiers.payer_number, "payer_number", "eight digits with a valid check digit"),
    Field(examples=["54136015"]),
]
"""公費負担者番号 of eight digits with its check digit."""

InstitutionCode = Annotated[
    _Identifier,
    canonical(identifiers.institution_code, "institution_code", "ten digits with a valid check digit"),
    Field(examples=["1311111114"]),
]
"""医療機関コード of ten digits with its check digit."""

RecipientNumber = Annotated[
    _Identifier,
    canonical(identifiers.recipient_number, "recipient_number", "seven digits with a valid check digit"),
    Field(examples=["0000018"]),
]
"""受給者番号 of seven digits with its check digit."""

BranchNumber = Annotated[
    _Identifier,
    canonical(identifiers.branch, "branch", "two digits"),
    Field(examples=["00"]),
]
"""枝番: two digits that distinguish the members of one number."""

PostalCode = Annotated[
    _Identifier,
    canonical(identifiers.postal_code, "postal_code", "seven digits"),
    Field(examples=["100-0001"]),
]
"""郵便番号: seven digits with a hyphen."""

PersonText = Annotated[Text, StringConstraints(min_length=1, max_length=MAX_TEXT_LENGTH)]
"""A name or an address as written by the insurer."""

NOT_BLANK = Field(
    json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"}
)
"""Describes a text that is stripped and must not be empty then: `min_length` alone describes one of spaces, too."""

OperatorName = Annotated[
    Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), NOT_BLANK
]
"""A member of staff, as the facility names its staff; recorded."""


def _normalized(value: str) -> str:
    kana = normalize_kana(value)
    if not 1 <= len(kana) <= MAX_TEXT_LENGTH:
        raise PydanticCustomError("kana", "a reading of 1 to 200 characters")
    return kana


PersonKana = Annotated[PersonText, AfterValidator(_normalized)]
"""The reading of a name, normalised to full-width katakana (`characters.normalize_kana`)."""


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PydanticCustomError("base64", "base64 with padding (RFC 4648 section 4)") from error


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return value
    if isinstance(value, str):
        try:
            return parse_day(value)
        except UnreadableDay:
            pass
    raise PydanticCustomError("day", "a day as YYYY-MM-DD (ISO 8601)")


def _not_too_early(value: date) -> date:
    if value < EARLIEST_DAY:
        raise PydanticCustomError("day", "a day from 1868 on")
    return value


Day = Annotated[date, before(MAX_DAY_LENGTH, _day, fault="day"), AfterValidator(_not_too_early)]
"""A day, YYYY-MM-DD on the wire; read are also the other ways to write a day (`days.parse_day`).

Not pydantic's own date, which would also accept seconds since 1970.
"""


def _agreed(value: bool) -> bool:
    if not value:
        raise PydanticCustomError("agreement", "the holder must have agreed")
    return value


Agreement = Annotated[StrictBool, AfterValidator(_agreed)]
"""True and nothing else."""

AnsweredTrue = Annotated[Literal[True], WithJsonSchema({"type": "boolean"})]
"""True, in answers. Described as a boolean: generators of clients make text of a constant."""

AnsweredFalse = Annotated[Literal[False], WithJsonSchema({"type": "boolean"})]
"""False, in answers; described like `AnsweredTrue`."""

_BYTES = (
    PlainSerializer(_encoded, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
)

Bytes = Annotated[bytes, before(64 * 1024, _decoded), *_BYTES]
"""Bytes in Python, base64 on the wire (RFC 4648 section 4, padded), 64 Ki characters at most.

A certificate has a limit of its own, with its own refusal (`domain.certificate.MAX_CERTIFICATE_BYTES`).
"""

SignatureBytes = Annotated[bytes, before(1_400, _decoded), *_BYTES]
"""The same for a card's signature, 1,050 bytes at most: an RSA signature has 512."""
