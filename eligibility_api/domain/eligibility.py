"""The eligibility answer about one person, as a pure function of what was read.

The audit record keeps what was read, so the answer can be recomputed from the record and the versions that it
names. This module is the complete rule, including refusals; `docs/rules.md` describes it in words.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from eligibility_api.contract.codes import Category, CertificateKind, FacilityKind, Validity
from eligibility_api.contract.eligibility import CertificateRenewal, EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_items import LATER_ITEMS, Disclosure, Enrolment
from eligibility_api.domain.cover import covers, ended, ends_on
from eligibility_api.domain.enrolment_version import Channel, EnrolmentVersion
from eligibility_api.domain.presenter import DisclosureScope, present, tickets_of

RULE_VERSION = 3
"""Version of the rules here and in `ages.py`, `burden.py`, `cover.py`, `presenter.py`; recorded with every answer.

Earlier versions: `rule_versions.py`.
"""

DAYS_BACK, DAYS_AHEAD = timedelta(days=5 * 366), timedelta(days=366)
"""The range of days that the fund answers for: five years back, one year ahead (rule D9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerInputs:
    """All inputs of an answer: day, versions read, caller, channel, and the version that the caller knows.

    By card, `enrolments` are all versions of the person with `person_key` (rule R2). By number they are those
    of the matching entitlements (`asked`) and of the persons to whom these belong (rule R3); none or several
    may match. `certificate_renewal` is a remark about the card, not about the insurance. `rule_version` names the rules
    of `rule_versions.RULES` that the answer follows; the functions here are those of the present version.
    """

    record_id: str
    answered_at: datetime
    as_of: date
    channel: Channel
    facility_kind: FacilityKind
    institution_code: str
    person_key: bytes | None
    enrolments: Sequence[EnrolmentVersion]
    asked: frozenset[int] = frozenset()
    consents: frozenset[Category] = frozenset()
    known_version: str | None = None
    certificate_renewal: CertificateRenewal | None = None
    rule_version: int = RULE_VERSION


@dataclass(frozen=True, slots=True)
class Selection:
    """Validity, the versions to show in their order, and what may be disclosed of them.

    `person` are bytes that represent the one identified person; None if nobody is identified.
    """

    validity: Validity
    chosen: Sequence[EnrolmentVersion]
    person: bytes | None
    view: DisclosureScope


def check_day(as_of: date, today: date) -> None:
    """Raise `as-of-out-of-range` for a day that the fund does not answer for (rule D9)."""
    if not today - DAYS_BACK <= as_of <= today + DAYS_AHEAD:
        raise ShikakuError("as-of-out-of-range")


def answer(inputs: AnswerInputs, *, version_key: bytes) -> EligibilityAnswer | UnchangedAnswer:
    """Compute the answer.

    `version_key` makes answer versions opaque and unlinkable across facilities (rule S9).

    Raises `card-not-usable` and `eligibility-not-confirmable` (rules P1 to P3).
    """
    selection = select(inputs)
    results = [present(enrolment, selection.view) for enrolment in selection.chosen]
    version = _version(selection, results, version_key)
    common: dict[str, Any] = {
        "validity": selection.validity,
        "as_of": inputs.as_of,
        "answered_at": inputs.answered_at,
        "record_id": inputs.record_id,
    }
    remark = inputs.certificate_renewal
    if version is not None and hmac.compare_digest((inputs.known_version or "").encode(), version.encode()):
        return UnchangedAnswer(**common, certificate_renewal=remark)
    values = {"version": version, "reference_number": None, "certificate_renewal": remark, "results": results}
    return EligibilityAnswer.from_trusted({"unchanged": False, **common, **values})


def select(inputs: AnswerInputs) -> Selection:
    """Validity (OQSCD006) and the versions to show (by card rules C1 to C4, by number V1 to V5; P1 to P3).

    Raises `card-not-usable` and `eligibility-not-confirmable`.
    """
    return _by_card(inputs) if inputs.channel is Channel.CARD else _by_number(inputs)


def _by_card(inputs: AnswerInputs) -> Selection:
    """By card: all entitlements of the day, else the one that ended last (rules C1 to C4, P1, P2)."""
    known = inputs.enrolments
    if any(e.self_disclosure_blocked for e in known) or _unconfirmed(known, inputs.as_of):
        raise ShikakuError("card-not-usable")
    person = b"person" + (inputs.person_key or b"")
    valid = [e for e in known if covers(e, inputs.as_of)]
    if valid:
        return _valid(inputs, valid, person)
    past = [e for e in known if ended(e, inputs.as_of)]
    validity = Validity.INVALID if past else Validity.NOT_FOUND
    return Selection(validity, sorted(past, key=_last_ended_first)[:1], person, _view(inputs))


def _by_number(inputs: AnswerInputs) -> Selection:
    """By number: the matching memberships, and if one is valid all of its person (rules V1 to V5; P3)."""
    asked = [e for e in inputs.enrolments if e.entitlement in inputs.asked]
    if _several_persons(asked):
        return Selection(Validity.AMBIGUOUS, [], None, _view(inputs))
    if _unconfirmed(asked, inputs.as_of):
        raise ShikakuError("eligibility-not-confirmable")
    holding = [e for e in asked if covers(e, inputs.as_of)]
    if holding:
        person = _holder(min(holding, key=_result_order))
        return _valid(inputs, _valid_of(inputs, person), person)
    past = [e for e in asked if ended(e, inputs.as_of)]
    if past:
        return _ended(inputs, min(past, key=_last_ended_first))
    return Selection(Validity.NOT_FOUND, [], None, _view(inputs))


def _several_persons(asked: Sequence[EnrolmentVersion]) -> bool:
    """Whether memberships of several persons match (rule V1).

    Versions of one membership never are ambiguous.
    """
    return len({e.entitlement for e in asked}) > 1 and len({_holder(e) for e in asked}) > 1


def _valid_of(inputs: AnswerInputs, person: bytes) -> list[EnrolmentVersion]:
    """Everything that covers the person on the day, except open mismatches (rules V2, V3)."""
    own = [e for e in inputs.enrolments if _holder(e) == person and e.mismatch is not Mismatch.OPEN]
    return [e for e in own if covers(e, inputs.as_of)]


def _ended(inputs: AnswerInputs, asked: EnrolmentVersion) -> Selection:
    """The ended enrolment only. A newer one is signalled by validity 3 but not disclosed (rules V3, V4)."""
    person = _holder(asked)
    newer = any(e.acquired_on > asked.acquired_on for e in _valid_of(inputs, person))
    validity = Validity.INVALID_NEWER_EXISTS if newer else Validity.INVALID
    return Selection(validity, [asked], person, _view(inputs))


def _valid(inputs: AnswerInputs, valid: Sequence[EnrolmentVersion], person: bytes) -> Selection:
    """Everything that holds, in order (OQS 4.2, several results; rules C1, C2, V2, S1)."""
    view = _view(inputs)
    unregistered = all(_is_medical_aid(e) and not tickets_of(e, view) for e in valid)
    validity = Validity.VALID_UNREGISTERED if unregistered else Validity.VALID
    return Selection(validity, sorted(valid, key=_result_order), person, view)


def _view(inputs: AnswerInputs) -> DisclosureScope:
    """What may be disclosed.

    Flags of ended and future versions count too: choosing a day must not evade them (S2).
    """
    return DisclosureScope(
        as_of=inputs.as_of,
        answered_at=inputs.answered_at,
        by_card=inputs.channel is Channel.CARD,
        facility_kind=inputs.facility_kind,
        institution_code=inputs.institution_code,
        consents=inputs.consents,
        protected=any(e.nondisclosure or e.self_disclosure_blocked for e in inputs.enrolments),
    )


def _unconfirmed(enrolments: Iterable[EnrolmentVersion], day: date) -> bool:
    """Whether an enrolment that covers the day has an open mismatch (rules P2, P3)."""
    return any(e.mismatch is Mismatch.OPEN and covers(e, day) for e in enrolments)


def _holder(enrolment: EnrolmentVersion) -> bytes:
    """Bytes that represent the person; without a person in the register, the entitlement itself (rule R4)."""
    if enrolment.person_key is None:
        return b"entitlement" + str(enrolment.entitlement).encode()
    return b"person" + enrolment.person_key


def _is_medical_aid(enrolment: EnrolmentVersion) -> bool:
    return enrolment.certificate_kind is CertificateKind.MEDICAL_AID


def _result_order(enrolment: EnrolmentVersion) -> tuple[bool, int, str, int]:
    return (
        _is_medical_aid(enrolment),
        -enrolment.acquired_on.toordinal(),
        enrolment.insurer_number,
        enrolment.version,
    )


def _last_ended_first(enrolment: EnrolmentVersion) -> tuple[int, tuple[bool, int, str, int]]:
    end = ends_on(enrolment)
    assert end is not None
    return -end.toordinal(), _result_order(enrolment)


_LATER = tuple(item.name for item in LATER_ITEMS if item.disclosure is not Disclosure.NEVER)

_ABOUT_THE_QUESTION = ("limit_certificate_consent", "limit_certificate_consent_at")
"""Fields that describe how the fund was asked: the same facts have one version by card and by number."""


def _not_digested(result: Enrolment) -> set[str]:
    """Fields that do not change an answer's version; items added later do not while they have no value."""
    return {*_ABOUT_THE_QUESTION, *(name for name in _LATER if getattr(result, name) is None)}


def _version(selection: Selection, results: Sequence[Enrolment], key: bytes) -> str | None:
    """A keyed digest of what is shown and to whom only: withheld items cannot affect it (rule S9)."""
    if selection.person is None:
        return None
    parts = [
        selection.view.institution_code.encode(),
        selection.view.facility_kind.encode(),
        selection.person,
        selection.validity.encode(),
        *(result.model_dump_json(exclude=_not_digested(result)).encode() for result in results),
    ]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)[:18]).decode()
