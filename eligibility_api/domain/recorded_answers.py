"""Answers as functions of their audit records: the pure part of recomputing them.

A record names the versions that were read, which never change, and the version of the rules. The answer or refusal
is a pure function of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from eligibility_api.contract.codes import Category, FacilityKind
from eligibility_api.contract.eligibility import CertificateRenewal, EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.wire import Answer
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.eligibility import AnswerInputs
from eligibility_api.domain.enrolment_version import Channel, EnrolmentVersion
from eligibility_api.domain.expiry import Carrier, CertificateEnd, renewal
from eligibility_api.domain.rule_versions import RULES

_CHANNELS = {
    "eligibility.card": Channel.CARD,
    "eligibility.visual-check": Channel.CARD,
    "eligibility.number": Channel.NUMBER,
    "eligibility.batch": Channel.NUMBER,
    "eligibility.tickets": Channel.NUMBER,
    "eligibility.consent-pin": Channel.CARD,
    "eligibility.consent-visual-check": Channel.CARD,
    "eligibility.consent": Channel.CARD,
}
"""The channel of each kind of record."""

ANSWERED = "answered"
"""The outcome of a record of an answer, or of a refusal by a rule."""


class UnknownRule(Exception):
    """A record was made under a rule version that this program does not have."""


class MissingRows(Exception):
    """A record names versions, or tickets, that are not there: `versions` are those that a purge must name (rule T9)."""

    def __init__(self, record_id: str, versions: frozenset[int]) -> None:
        super().__init__(record_id)
        self.versions = versions


class PurgedAnswer(Answer):
    """An answer that cannot be computed again: what it was made of is deleted (rule T9)."""

    record_id: str
    purged: Literal[True] = True


class MissingAnswer(Answer):
    """An answer that cannot be computed again: what it was made of is gone, and no purge deleted it."""

    record_id: str
    missing: Literal[True] = True


class Refusal(Answer):
    """A refusal by a rule, with its error code."""

    record_id: str
    code: str


GivenAnswer = EligibilityAnswer | UnchangedAnswer | Refusal
"""The answer or refusal that a facility got."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAnswer:
    """What an audit record says of an answer: the query, and the versions that were read.

    `certificate` is the end of the card's certificate (JSON), named by records of the alert only (rule A7).
    """

    record_id: str
    recorded_at: datetime
    kind: str
    facility_kind: str
    institution_code: str
    person_key: bytes | None
    as_of: date
    enrolments: Sequence[int] | None
    matched_entitlements: Sequence[int] | None
    tickets: Sequence[int] | None
    consents: Sequence[str] | None
    rule_version: int
    known_version: str | None
    certificate: str | None


def is_answer(kind: str, outcome: str) -> bool:
    """Whether an answer can be recomputed from a record of this kind and outcome."""
    return kind in _CHANNELS and outcome == ANSWERED


def answer_or_refusal(inputs: AnswerInputs, version_key: bytes) -> GivenAnswer:
    """Return the answer or refusal that follows from `inputs`, by the rules of their version."""
    try:
        return RULES[inputs.rule_version].answer(inputs, version_key)
    except ShikakuError as error:
        return Refusal(record_id=inputs.record_id, code=error.code)


def _tickets_of(versions: Mapping[int, EnrolmentVersion]) -> set[int]:
    return {ticket.version for version in versions.values() for ticket in version.tickets}


def inputs_of(record: RecordedAnswer, versions: Mapping[int, EnrolmentVersion]) -> AnswerInputs:
    """Rebuild the inputs of `record`'s answer from `versions`. Raises UnknownRule and MissingRows."""
    named = frozenset(record.tickets or ())
    absent = frozenset(record.enrolments or ()) - versions.keys()
    # Few records name tickets, and the versions may be those of many records.
    if absent or (named and not named <= _tickets_of(versions)):
        raise MissingRows(record.record_id, absent)
    if record.rule_version not in RULES:
        raise UnknownRule(f"rule {record.rule_version}")
    return AnswerInputs(
        record_id=record.record_id,
        answered_at=record.recorded_at,
        as_of=record.as_of,
        channel=_CHANNELS[record.kind],
        facility_kind=FacilityKind(record.facility_kind),
        institution_code=record.institution_code,
        person_key=record.person_key,
        enrolments=[_with_tickets(versions[version], named) for version in record.enrolments or ()],
        asked=frozenset(record.matched_entitlements or ()),
        consents=frozenset(Category(consent) for consent in record.consents or ()),
        known_version=record.known_version,
        rule_version=record.rule_version,
        certificate_renewal=_renewal(record),
    )


def recorded_answer(columns: Mapping[str, Any]) -> RecordedAnswer:
    """Return the recorded answer of a record's canonical text, parsed. Raises ValueError, KeyError or TypeError."""
    person_key = columns.get("person_key")
    certificate = (columns.get("detail") or {}).get("certificate")
    return RecordedAnswer(
        record_id=columns["record_id"],
        recorded_at=datetime.fromisoformat(columns["recorded_at"]),
        kind=columns["kind"],
        facility_kind=columns["facility_kind"],
        institution_code=columns["institution_code"],
        person_key=None if person_key is None else bytes.fromhex(person_key),
        as_of=date.fromisoformat(columns["as_of"]),
        enrolments=columns.get("enrolments"),
        matched_entitlements=columns.get("matched_entitlements"),
        tickets=columns.get("tickets"),
        consents=columns.get("consents"),
        rule_version=columns["rule_version"],
        known_version=columns.get("known_version"),
        certificate=None if certificate is None else json.dumps(certificate),
    )


def _renewal(record: RecordedAnswer) -> CertificateRenewal | None:
    """The remark on the card's certificate; only records of the alert name its end (rule A7)."""
    if record.certificate is None:
        return None
    end = json.loads(record.certificate)
    carrier = Carrier(end["carrier"]) if "carrier" in end else None
    day = day_in_japan(record.recorded_at)
    return renewal(CertificateEnd(date.fromisoformat(end["expires_on"]), carrier), day)


def _with_tickets(version: EnrolmentVersion, named: frozenset[int]) -> EnrolmentVersion:
    """Keep only the tickets that the record names: others were read for other institutions."""
    if not version.tickets:
        return version
    return replace(version, tickets=[ticket for ticket in version.tickets if ticket.version in named])
