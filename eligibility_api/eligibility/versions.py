"""Reading enrolment versions: the columns of a statement, and the value of a row.

Shared by every statement that answers about a person, so that a card check, a number check and an auditor
read the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from enum import StrEnum
from operator import itemgetter
from typing import Any

from pydantic import TypeAdapter

from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.member_items import MEMBER_ITEMS, Item
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.eligibility.tickets import read_tickets, tickets_known
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED

ENROLMENT_COLUMNS = (
    "e.version, e.entitlement, e.person_key AS holder, e.mismatch, o.insurer_number, e.insurer_name, "
    + ", ".join(f"e.{item.name}" for item in MEMBER_ITEMS)
)
"""The items of an enrolment version (`enrolment e`); a statement adds a column `tickets`.

The insurer is that of the revision which opened it (`revision o`): an insurer changes only its own members,
and the revision is read anyway, which saves a card check a look-up in the large table `entitlement`.
"""

_READING_OF_PERSON = """
reading AS MATERIALIZED (
    SELECT {columns}, {tickets}
    FROM guard g
    JOIN enrolment e ON e.person_key = g.person_key
    {known_now}
    WHERE {not_superseded} AND {condition}
)
"""


def reading_of_person(*, as_of: str, condition: str) -> str:
    """The CTE `reading`: all versions known now of the person of `guard g`, if a condition over it holds.

    `as_of` is the expression of the day whose tickets are read.
    """
    return _READING_OF_PERSON.format(
        columns=ENROLMENT_COLUMNS,
        tickets=tickets_known(instant="now()", as_of=as_of, institution="g.institution_code"),
        known_now=KNOWN_NOW,
        not_superseded=NOT_SUPERSEDED,
        condition=condition,
    )


VERSIONS_READ = "(SELECT coalesce(array_agg(version ORDER BY version), '{}') FROM reading)"
TICKETS_READ = (
    "(SELECT array_agg((k ->> 'version')::bigint) FROM reading, jsonb_array_elements(tickets) AS k)"
)
"""The numbers of the versions in `reading`, and of their tickets (null if none), for the audit record."""

REFERENCE = """
reference AS MATERIALIZED (
    SELECT n.reference_number
    FROM guard g
    CROSS JOIN reading r
    JOIN reference_number n ON n.institution_code = g.institution_code AND n.entitlement = r.entitlement
    WHERE r.mismatch <> 'open'
    ORDER BY n.registered_at DESC
    LIMIT 1
)
"""
"""The facility's own number for the person of `reading`, as registered last.

A membership with an open mismatch is skipped: until its holder is confirmed, the number registered for it may
be another patient's.
"""

VERSIONS_FOR = (
    "(SELECT coalesce(array_agg(version ORDER BY version), '{}') FROM reading WHERE read_for = g.place)"
)
TICKETS_FOR = """(SELECT array_agg((k ->> 'version')::bigint) FROM reading, jsonb_array_elements(tickets) AS k
            WHERE read_for = g.place)"""
"""`VERSIONS_READ` and `TICKETS_READ` of one request `g` of a group: `reading` has the column `read_for`."""

REFERENCE_FOR = """
LEFT JOIN LATERAL (
    SELECT n.reference_number
    FROM reading v JOIN reference_number n ON n.institution_code = g.institution_code AND n.entitlement = v.entitlement
    WHERE v.read_for = g.place AND v.mismatch <> 'open'
    ORDER BY n.registered_at DESC
    LIMIT 1
) n ON true
"""
"""`REFERENCE` of one request `g` of a group, as a join."""


Convert = Callable[[Any], Any]
"""From a stored value, not null, to that of an `EnrolmentVersion`."""


def _conversion(item: Item) -> Convert | None:
    """The conversion of an item's values; None if they stay as they are stored."""
    if item.codes is not None:
        return _lookup(item.codes)
    if item.certificate is None:
        return None
    model: Any = item.certificate.model
    return _json_reader(TypeAdapter(tuple[model, ...] if item.certificate.repeated else model))


def _lookup(codes: type[StrEnum]) -> Convert:
    # A dictionary costs a quarter of a call of the enumeration.
    values: dict[str, StrEnum] = {code.value: code for code in codes}
    return values.__getitem__


def _json_reader(adapter: TypeAdapter[Any]) -> Convert:
    """A reader of JSON: text from asyncpg, a decoded value from SQLAlchemy."""

    def read(stored: Any) -> Any:
        return adapter.validate_json(stored) if isinstance(stored, str) else adapter.validate_python(stored)

    return read


_FIELDS = tuple(field.name for field in fields(EnrolmentVersion))
_read_columns = itemgetter(*("holder" if name == "person_key" else name for name in _FIELDS))
_CONVERSIONS: list[tuple[str, Convert]] = [
    ("mismatch", _lookup(Mismatch)),
    ("tickets", read_tickets),
    *((item.name, convert) for item in MEMBER_ITEMS if (convert := _conversion(item)) is not None),
]
_LISTS = ("specific_diseases", "tickets")
"""Fields whose null is an empty list."""


def enrolment_version(row: Any) -> EnrolmentVersion:
    """The enrolment version in a row with `ENROLMENT_COLUMNS` and `tickets`.

    Values were validated when they were stored.
    """
    values: dict[str, Any] = dict(zip(_FIELDS, _read_columns(row), strict=True))
    for name, convert in _CONVERSIONS:
        stored = values[name]
        if stored is not None:
            values[name] = convert(stored)
    for name in _LISTS:
        if values[name] is None:
            values[name] = ()
    return EnrolmentVersion(**values)
