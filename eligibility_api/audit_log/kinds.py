"""Every kind of audit record, as data: `kinds.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files


class RetentionClass(StrEnum):
    """The classes of records by how long they are kept; the table `audit_retention` has the years."""

    ELIGIBILITY = "eligibility"
    """Who was insured, who was permitted what, and who changed it."""
    MEDICAL = "medical"
    """Medical information that was read or recorded."""


class ShownTo(StrEnum):
    """Who sees a record."""

    PERSON = "person"
    """The person whom it names, in her own view; auditors too."""
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class KindEntry:
    """The properties of a kind; see the head of `kinds.toml`."""

    retention: RetentionClass
    shown_to: ShownTo
    ja: str
    en: str
    privileged: bool = False


def _read() -> dict[str, KindEntry]:
    data = tomllib.loads(files(__package__).joinpath("kinds.toml").read_text(encoding="utf-8"))
    return {
        kind: KindEntry(
            RetentionClass(row["retention"]),
            ShownTo(row["shown_to"]),
            row["ja"],
            row["en"],
            row.get("privileged", False),
        )
        for kind, row in data.items()
    }


KINDS = _read()
"""Every kind, in the order of the table."""

PRIVILEGED_KINDS = tuple(kind for kind, entry in KINDS.items() if entry.privileged)
"""The kinds of which the auditor's report lists each record."""

KINDS_SHOWN_TO_PERSONS = frozenset(kind for kind, entry in KINDS.items() if entry.shown_to is ShownTo.PERSON)
"""The kinds that a person's own view lists."""
