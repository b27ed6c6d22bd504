"""Recomputes answers from their audit records, to verify that the fund answered by its rules.

A record names the versions that were read, which never change, and the version of the rules. The answer or
refusal is a pure function of them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit import store
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
    "eligibility.consent-pin": Channel.CARD,
    "eligibility.consent-visual-check": Channel.CARD,
    "eligibility.consent": Channel.CARD,
}
"""The channel of each kind of record."""


class UnknownRule(Exception):
    """A record was made under a rule version that this program does not have."""


class PurgedVersion(Exception):
    """A record names a version that was kept long enough and deleted (rule T9)."""


class PurgedAnswer(Answer):
    """An answer that cannot be computed again: what it was made of is deleted (rule T9)."""

    record_id: str
    purged: Literal[True] = True


class Refusal(Answer):
    """A refusal by a rule, with its error code."""

    record_id: str
    code: str


GivenAnswer = EligibilityAnswer | UnchangedAnswer | Refusal
"""The answer or refusal that a facility got."""


async def recompute(
    connection: AsyncConnection, *, version_key: bytes, record_id: UUID | None = None
) -> AsyncIterator[GivenAnswer | PurgedAnswer]:
    """Recompute every recorded answer, or the one of `record_id`, in the order of records.

    Raises UnknownRule.
    """
    async for records in store.answers(connection, record_id):
        versions = await store.versions(connection, records)
        for record in records:
            try:
                inputs = inputs_of(record, versions)
            except PurgedVersion:
                yield PurgedAnswer(record_id=str(record.record_id))
            else:
                yield answer_or_refusal(inputs, version_key)


def answer_or_refusal(inputs: AnswerInputs, version_key: bytes) -> GivenAnswer:
    """Return the answer or refusal that follows from `inputs`, by the rules of their version."""
    try:
        return RULES[inputs.rule_version].answer(inputs, version_key)
    except ShikakuError as error:
        return Refusal(record_id=inputs.record_id, code=error.code)


def inputs_of(record: store.Record, versions: Mapping[int, EnrolmentVersion]) -> AnswerInputs:
    """Rebuild the inputs of `record`'s answer from `versions`. Raises UnknownRule and PurgedVersion."""
    if not versions.keys() >= set(record.enrolments):
        raise PurgedVersion(str(record.record_id))
    if record.rule_version not in RULES:
        raise UnknownRule(f"rule {record.rule_version}")
    named = frozenset(record.tickets or ())
    return AnswerInputs(
        record_id=str(record.record_id),
        answered_at=record.recorded_at,
        as_of=record.as_of,
        channel=_CHANNELS[record.kind],
        facility_kind=FacilityKind(record.facility_kind),
        institution_code=record.institution_code,
        person_key=record.person_key,
        enrolments=[_with_tickets(versions[version], named) for version in record.enrolments],
        asked=frozenset(record.matched_entitlements or ()),
        consents=frozenset(Category(consent) for consent in record.consents or ()),
        known_version=record.known_version,
        rule_version=record.rule_version,
        certificate_renewal=_renewal(record),
    )


def _renewal(record: store.Record) -> CertificateRenewal | None:
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
