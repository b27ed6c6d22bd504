"""The eligibility answer of rule version 2 about one person, as a pure function of what was read."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from eligibility_api.contract.codes import CertificateKind, Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.domain.eligibility import AnswerInputs
from eligibility_api.domain.enrolment_version import Channel, EnrolmentVersion
from eligibility_api.domain.version_2.cover import covers, ended, ends_on
from eligibility_api.domain.version_2.presenter import DisclosureScope, present, tickets_of


@dataclass(frozen=True, slots=True)
class Selection:
    """Validity, the versions to show in their order, and what may be disclosed of them.

    `person` are bytes that represent the one identified person; None if nobody is identified.
    """

    validity: Validity
    chosen: Sequence[EnrolmentVersion]
    person: bytes | None
    view: DisclosureScope


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
    if version is not None and hmac.compare_digest((inputs.known_version or "").encode(), version.encode()):
        return UnchangedAnswer.from_trusted({"unchanged": True, **common})
    values = {"version": version, "reference_number": None, "results": results}
    return EligibilityAnswer.from_trusted({"unchanged": False, **common, **values})


def select(inputs: AnswerInputs) -> Selection:
    """Validity (OQSCD006) and the versions to show.

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


def _version(selection: Selection, results: Sequence[Enrolment], key: bytes) -> str | None:
    """A keyed digest of what is shown and to whom only: withheld items cannot affect it (rule S9)."""
    if selection.person is None:
        return None
    parts = [
        selection.view.institution_code.encode(),
        selection.view.facility_kind.encode(),
        selection.person,
        selection.validity.encode(),
        *(result.model_dump_json().encode() for result in results),
    ]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)[:18]).decode()
