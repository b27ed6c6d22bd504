"""The error type of the whole system, and its catalogue.

Every error that a person may see has a code, a sentence for the reception in Japanese and English, and a
sentence for the engineer, all in `catalogue.toml`. An error contains no personal value; its details are
numbers such as the tries left.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, ClassVar

from pydantic import BaseModel, Field

PROBLEM_MEDIA_TYPE = "application/problem+json"
"""Media type of an error answer (RFC 9457 section 3)."""

PROBLEM_TYPE_PREFIX = "/problems/"
"""A problem's `type` is this prefix and the code, relative to the fund's address, which serves that page (RFC 9457
section 3.1.1).
"""


class ErrorKind(StrEnum):
    """The meaning of an error for the reception; see the head of `catalogue.toml`."""

    REQUEST = "request"
    REFUSAL = "refusal"
    REGISTRATION = "registration"
    CARD = "card"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One entry of the catalogue: kind, HTTP status (0: never over HTTP) and three sentences."""

    code: str
    kind: ErrorKind
    status: int
    ja: str
    en: str
    engineer: str


def read_catalogue(package: str) -> dict[str, CatalogueEntry]:
    """Read the entries, by code, of the `catalogue.toml` in `package`."""
    data = tomllib.loads(files(package).joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return {code: CatalogueEntry(code, ErrorKind(row.pop("kind")), **row) for code, row in data.items()}


CATALOGUE = read_catalogue(__package__)
"""Every entry of the published interface by its code."""


class ShikakuError(Exception):
    """Base of all expected errors.

    `code` is the catalogue's key. `details` are values for the sentences (tries left, a status word, seconds
    to wait); they are shown and logged, so they must not be personal. A program with codes of its own derives
    a class with another `catalogue`.
    """

    catalogue: ClassVar[Mapping[str, CatalogueEntry]] = CATALOGUE

    def __init__(self, code: str, **details: Any) -> None:
        self.entry = self.catalogue[code]
        self.details = details
        super().__init__(code)

    @property
    def code(self) -> str:
        """The catalogue's code, such as `challenge-expired`."""
        return self.entry.code

    @property
    def retry_after(self) -> int | None:
        """Seconds after which a retry makes sense; None if waiting does not help."""
        value = self.details.get("retry_after")
        return int(value) if value is not None else None


class Problem(BaseModel):
    """An error answer (RFC 9457): `title` for the engineer, `detail_ja` and `detail` for the reception."""

    type: str = Field(examples=["/problems/challenge-expired"])
    title: str = Field(examples=["The challenge has expired by the fund's clock."])
    status: int = Field(examples=[403])
    code: str = Field(examples=["challenge-expired"])
    kind: ErrorKind = Field(examples=["refusal"])
    detail: str = Field(examples=["This took too long. Please read the card again."])
    detail_ja: str = Field(examples=["時間切れです。もう一度カードを読み取ってください。"])
    retry_after: int | None = Field(default=None, description="Seconds, as in the Retry-After header.")
    request_id: str | None = Field(default=None, description="Identifies this response in the fund's log.")
    trace_id: str | None = Field(
        default=None,
        description="Identifies the request in the fund's traces (W3C Trace Context), if it records them.",
    )
    errors: list[dict[str, str]] | None = Field(
        default=None,
        description="Where a request or an assertion is invalid: `place` and `rule` of each fault, never the value.",
    )

    @classmethod
    def of(cls, error: ShikakuError, **more: Any) -> Problem:
        """The problem document of `error`; `more` sets the optional members."""
        entry = error.entry
        return cls(
            type=PROBLEM_TYPE_PREFIX + entry.code,
            title=entry.engineer,
            status=entry.status,
            code=entry.code,
            kind=entry.kind,
            detail=entry.en,
            detail_ja=entry.ja,
            retry_after=error.retry_after,
            **more,
        )
