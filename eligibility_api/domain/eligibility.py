"""The answer about one identified person, as a pure function of what was read.

What was read is what the audit record keeps. Whoever has the record and the enrolment versions that it names can
compute the answer again; this function is the whole of the rule.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from eligibility_api.contract.codes import CertificateKind, FacilityKind, Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, Enrolment, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError

RULE_VERSION = 1
"""Version of the rule in this module; recorded with every answer."""

DAYS_BACK, DAYS_AHEAD = timedelta(days=5 * 366), timedelta(days=366)
"""The days that the fund answers for: five years back, one year ahead."""


@dataclass(frozen=True, slots=True)
class EnrolmentVersion:
    """One version of one entitlement as the fund knew it: its number in the store and what it says."""

    version: int
    enrolment: Enrolment

    def covers(self, day: date) -> bool:
        """Whether the insurance holds on `day`: `lost_on` is the first uninsured day."""
        lost_on = self.enrolment.lost_on
        return self.enrolment.acquired_on <= day and (lost_on is None or day < lost_on)


@dataclass(frozen=True, slots=True)
class Reading:
    """All that an answer depends on: the day, the versions read, who asked, and what was known to it before."""

    record_id: str
    answered_at: datetime
    as_of: date
    facility_kind: FacilityKind
    institution_code: str
    person_key: bytes
    enrolments: Sequence[EnrolmentVersion]
    known_version: str | None = None


def check_day(as_of: date, today: date) -> None:
    """Raises `as-of-out-of-range` for a day that the fund does not answer for."""
    if not today - DAYS_BACK <= as_of <= today + DAYS_AHEAD:
        raise ShikakuError("as-of-out-of-range")


def select(enrolments: Sequence[EnrolmentVersion], as_of: date) -> tuple[Validity, list[EnrolmentVersion]]:
    """Validity and what is shown: all entitlements of the day, else the one that ended last, else nothing.

    Order (OQS 4.2, more than one result): insurance before medical aid, newer acquired_on first, insurer number.
    """
    valid = [e for e in enrolments if e.covers(as_of)]
    if valid:
        return Validity.VALID, sorted(valid, key=_result_order)
    ended = [e for e in enrolments if e.enrolment.lost_on is not None and e.enrolment.lost_on <= as_of]
    if ended:
        return Validity.INVALID, [min(ended, key=_last_ended_first)]
    return Validity.NOT_FOUND, []


def _result_order(version: EnrolmentVersion) -> tuple[bool, int, str, int]:
    e = version.enrolment
    medical_aid = e.certificate_kind is CertificateKind.MEDICAL_AID
    return medical_aid, -e.acquired_on.toordinal(), e.insurer_number, version.version


def _last_ended_first(version: EnrolmentVersion) -> tuple[int, tuple[bool, int, str, int]]:
    assert version.enrolment.lost_on is not None
    return -version.enrolment.lost_on.toordinal(), _result_order(version)


def shown_to(kind: FacilityKind, enrolment: Enrolment) -> Enrolment:
    """What a facility of this kind is shown: one that may only check eligibility gets no address."""
    if kind is FacilityKind.ELIGIBILITY_ONLY:
        return enrolment.model_copy(update={"address": None, "postal_code": None})
    return enrolment


def answer(reading: Reading, *, version_key: bytes) -> EligibilityAnswer | UnchangedAnswer:
    """The answer that `reading` leads to. `version_key` makes answer versions opaque and unlinkable across facilities."""
    validity, chosen = select(reading.enrolments, reading.as_of)
    results = [shown_to(reading.facility_kind, e.enrolment) for e in chosen]
    version = _version(reading, validity, chosen, version_key)
    common: dict[str, Any] = {
        "validity": validity,
        "as_of": reading.as_of,
        "answered_at": reading.answered_at,
        "record_id": reading.record_id,
    }
    if reading.known_version is not None and hmac.compare_digest(
        reading.known_version.encode(), version.encode()
    ):
        return UnchangedAnswer(**common)
    return EligibilityAnswer(**common, version=version, results=results)


def _version(reading: Reading, validity: Validity, chosen: Sequence[EnrolmentVersion], key: bytes) -> str:
    parts = [
        reading.institution_code.encode(),
        reading.person_key,
        reading.facility_kind.encode(),
        validity.encode(),
        *(str(e.version).encode() for e in chosen),
    ]
    message = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    return urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)[:18]).decode()
