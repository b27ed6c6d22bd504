"""The rows that answers were computed from, as an export has them, and the answers that follow from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from eligibility_api.domain.enrolment_version import EnrolmentVersion, Ticket
from eligibility_api.domain.number_ranges import NumberRanges
from eligibility_api.domain.recorded_answers import (
    GivenAnswer,
    RecordedAnswer,
    UnknownRule,
    answer_or_refusal,
    inputs_of,
    recorded_answer,
)
from eligibility_api.merkle_log.exports import ReadRow

ENROLMENT, TICKET = "enrolment", "medical_ticket"
"""The tables that answers are computed from."""

NO_VERSION_KEY = bytes(32)
"""Stands for the fund's secret key of answer versions, which no export contains: `version` is not recomputed."""

_VERSION = TypeAdapter(EnrolmentVersion)
_TICKET = TypeAdapter(Ticket)


class RowMissing(Exception):
    """A record names a row that the export does not have."""

    def __init__(self, table: str, version: int) -> None:
        super().__init__(f"{table} {version}")
        self.table = table
        self.version = version


class PurgedRow(Exception):
    """A record names a row that the export says was purged (rule T9)."""


class NotRecomputed(Exception):
    """An answer does not follow from its record and rows; the text says why."""


def rows_of(version: EnrolmentVersion) -> Iterator[ReadRow]:
    """Return the rows of a version: its tickets, and itself without them."""
    for ticket in version.tickets:
        yield ReadRow(TICKET, ticket.version, _json({"entitlement": version.entitlement, "row": ticket}))
    yield ReadRow(ENROLMENT, version.version, _json(replace(version, tickets=())))


class Rows:
    """The rows of an export by table and version."""

    def __init__(self) -> None:
        self._contents: dict[tuple[str, int], str | None] = {}
        self._named: set[tuple[str, int]] = set()
        self._purged = NumberRanges()

    def __len__(self) -> int:
        return len(self._contents)

    def add(self, row: ReadRow) -> bool:
        """Take a row; return whether it is the first of its table and version."""
        place = (row.table, row.version)
        if place in self._contents:
            return False
        self._contents[place] = row.content
        return True

    def unnamed(self) -> list[tuple[str, int]]:
        """Return the rows that no record named."""
        return sorted(self._contents.keys() - self._named)

    def purge(self, purged: Iterable[Sequence[int]]) -> None:
        """Take the versions that the record of a purge names. Raises ValueError and TypeError."""
        self._purged.add(purged)

    def not_purged(self) -> list[int]:
        """Return the versions that the export says were purged, and that no record of a purge names."""
        return sorted(
            version
            for (_, version), content in self._contents.items()
            if content is None and version not in self._purged
        )

    def answer(self, columns: Mapping[str, Any]) -> GivenAnswer:
        """Recompute the answer of a record (its canonical text, parsed).

        Raises RowMissing, PurgedRow and NotRecomputed.
        """
        try:
            record = recorded_answer(columns)
            self._check_purged(record)
            tickets = [self._ticket(version) for version in record.tickets or ()]
            versions = {version: self._version(version, tickets) for version in record.enrolments or ()}
            return answer_or_refusal(inputs_of(record, versions), NO_VERSION_KEY)
        except UnknownRule as error:
            raise NotRecomputed(f"It was answered under {error}, which this program does not have.") from None
        except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotRecomputed(
                f"The rules cannot be applied to what was read ({type(error).__name__})."
            ) from None

    def _check_purged(self, record: RecordedAnswer) -> None:
        """Raise PurgedRow if a version of the record was purged (rule T9): its tickets went with it."""
        contents = [self._content(ENROLMENT, version) for version in record.enrolments or ()]
        if None in contents:
            self._named.update((TICKET, version) for version in record.tickets or ())
            raise PurgedRow(record.record_id)

    def _version(self, version: int, tickets: Iterable[tuple[int, Ticket]]) -> EnrolmentVersion:
        found = _VERSION.validate_python(_with_key(self._read(ENROLMENT, version)))
        own = tuple(ticket for entitlement, ticket in tickets if entitlement == found.entitlement)
        return replace(found, tickets=own)

    def _ticket(self, version: int) -> tuple[int, Ticket]:
        content = self._read(TICKET, version)
        return content["entitlement"], _TICKET.validate_python(content["row"])

    def _read(self, table: str, version: int) -> dict[str, Any]:
        stored = self._content(table, version)
        if stored is None:
            raise RowMissing(table, version)
        content = json.loads(stored)
        if not isinstance(content, dict):
            raise TypeError("not a row")
        return content

    def _content(self, table: str, version: int) -> str | None:
        if type(version) is not int:
            raise TypeError("not a version")
        self._named.add((table, version))
        if (table, version) not in self._contents:
            raise RowMissing(table, version)
        return self._contents[table, version]


def _json(value: Any) -> str:
    plain = to_jsonable_python(value, bytes_mode="hex", exclude_none=True)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _with_key(content: dict[str, Any]) -> dict[str, Any]:
    key = content.get("person_key")
    return content | {"person_key": None if key is None else bytes.fromhex(key)}
