"""Reading enrolment versions: the columns of a statement, and the value of a row.

Shared by every statement that answers about a person, so that a card check, a number check and an auditor
read the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.member import ElderlyCertificate, LimitCertificate, SpecificDiseaseCertificate
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.eligibility.tickets import read_tickets, tickets_known
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED

ENROLMENT_COLUMNS = """
    e.version, e.entitlement, e.person_key AS holder, e.mismatch, e.certificate_kind, o.insurer_number, e.insurer_name,
    e.symbol, e.number, e.branch, e.relationship, e.insured_name, e.insured_birth_date, e.name, e.name_kana, e.name_alias,
    e.name_alias_kana, e.sex, e.sex_on_certificate, e.birth_date, e.address, e.postal_code, e.acquired_on, e.lost_on,
    e.reason_of_loss, e.issued_on, e.valid_from, e.valid_to, e.burden_ratio, e.elderly_certificate, e.limit_certificate,
    e.specific_diseases, e.nondisclosure, e.self_disclosure_blocked
"""
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
"""The numbers of the versions in `reading` and of their tickets (null if there are none), for the audit record."""

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


def enrolment_version(row: Any) -> EnrolmentVersion:
    """The enrolment version in a row with `ENROLMENT_COLUMNS` and `tickets`.

    Values were validated when they were stored.
    """
    reason, sex_on_certificate = row["reason_of_loss"], row["sex_on_certificate"]
    return EnrolmentVersion(
        version=row["version"],
        entitlement=row["entitlement"],
        person_key=row["holder"],
        mismatch=Mismatch(row["mismatch"]),
        certificate_kind=CertificateKind(row["certificate_kind"]),
        insurer_number=row["insurer_number"],
        insurer_name=row["insurer_name"],
        symbol=row["symbol"],
        number=row["number"],
        branch=row["branch"],
        relationship=Relationship(row["relationship"]),
        insured_name=row["insured_name"],
        insured_birth_date=row["insured_birth_date"],
        name=row["name"],
        name_kana=row["name_kana"],
        name_alias=row["name_alias"],
        name_alias_kana=row["name_alias_kana"],
        sex=Sex(row["sex"]),
        sex_on_certificate=Sex(sex_on_certificate) if sex_on_certificate is not None else None,
        birth_date=row["birth_date"],
        address=row["address"],
        postal_code=row["postal_code"],
        acquired_on=row["acquired_on"],
        lost_on=row["lost_on"],
        reason_of_loss=ReasonOfLoss(reason) if reason is not None else None,
        issued_on=row["issued_on"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        burden_ratio=row["burden_ratio"],
        elderly_certificate=_group(ElderlyCertificate, row["elderly_certificate"]),
        limit_certificate=_group(LimitCertificate, row["limit_certificate"]),
        specific_diseases=_diseases(row["specific_diseases"]),
        nondisclosure=row["nondisclosure"],
        self_disclosure_blocked=row["self_disclosure_blocked"],
        tickets=read_tickets(row["tickets"]),
    )


Group = TypeVar("Group", bound=BaseModel)


def _group(model: type[Group], stored: str | dict[str, Any] | None) -> Group | None:
    """A group of items from its JSON: text from asyncpg, a decoded value from SQLAlchemy."""
    if stored is None:
        return None
    return model.model_validate_json(stored) if isinstance(stored, str) else model.model_validate(stored)


def _diseases(stored: str | list[dict[str, Any]] | None) -> Sequence[SpecificDiseaseCertificate]:
    if stored is None:
        return ()
    return _DISEASES.validate_json(stored) if isinstance(stored, str) else _DISEASES.validate_python(stored)


_DISEASES = TypeAdapter(tuple[SpecificDiseaseCertificate, ...])
