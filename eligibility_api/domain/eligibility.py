"""The answer about one person, as a pure function of what was read.

What was read is what the audit record keeps. Whoever has the record and the versions that it names can compute the
answer again; this function is the whole of the rule, refusals included. `docs/rules.md` has the rule in words.
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
from eligibility_api.contract.eligibility import EligibilityAnswer, Enrolment, UnchangedAnswer
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.cover import covers, ended, ends_on
from eligibility_api.domain.enrolment_version import Channel, EnrolmentVersion
from eligibility_api.domain.presenter import DisclosureScope, present, tickets_of

RULE_VERSION = 2
"""Version of the rule, with `ages.py`, `cover.py` and `showing.py`; recorded with every answer."""

DAYS_BACK, DAYS_AHEAD = timedelta(days=5 * 366), timedelta(days=366)
"""The days that the fund answers for: five years back, one year ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerInputs:
    """All that an answer depends on: the day, the versions read, who asked and how, and what was known to it before.

    By card, `enrolments` are all versions of the person with `person_key`. By number they are those of the entitlements
    that fit (`asked`), and of the person to whom these belong; nobody may fit, or several.
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


@dataclass(frozen=True, slots=True)
class Selection:
    """Validity, the versions that are shown in their order, and how the person may be looked at.

    `person` are bytes that stand for the one identified person; None where nobody is identified.
    """

    validity: Validity
    chosen: Sequence[EnrolmentVersion]
    person: bytes | None
    view: DisclosureScope


def check_day(as_of: date, today: date) -> None:
    """Raises `as-of-out-of-range` for a day that the fund does not answer for."""
    if not today - DAYS_BACK <= as_of <= today + DAYS_AHEAD:
        raise ShikakuError("as-of-out-of-range")


def answer(reading: AnswerInputs, *, version_key: bytes) -> EligibilityAnswer | UnchangedAnswer:
    """The answer that `reading` leads to. `version_key` makes answer versions opaque and unlinkable across facilities.

    Raises `card-not-usable` and `eligibility-not-confirmable`.
    """
    selection = select(reading)
    results = [present(held, selection.view) for held in selection.chosen]
    version = _version(selection, results, version_key)
    common: dict[str, Any] = {
        "validity": selection.validity,
        "as_of": reading.as_of,
        "answered_at": reading.answered_at,
        "record_id": reading.record_id,
    }
    if version is not None and hmac.compare_digest((reading.known_version or "").encode(), version.encode()):
        return UnchangedAnswer(**common)
    return EligibilityAnswer.from_trusted(
        unchanged=False, **common, version=version, reference_number=None, results=results
    )


def select(reading: AnswerInputs) -> Selection:
    """Validity and what is shown (OQSCD006). Raises `card-not-usable` and `eligibility-not-confirmable`."""
    return _by_card(reading) if reading.channel is Channel.CARD else _by_number(reading)


def _by_card(reading: AnswerInputs) -> Selection:
    """All entitlements of the day, else the one that ended last, else nothing: the person is known, whatever is found."""
    known = reading.enrolments
    if any(e.self_disclosure_blocked for e in known) or _unconfirmed(known, reading.as_of):
        raise ShikakuError("card-not-usable")
    person = b"person" + (reading.person_key or b"")
    valid = [e for e in known if covers(e, reading.as_of)]
    if valid:
        return _valid(reading, valid, person)
    past = [e for e in known if ended(e, reading.as_of)]
    validity = Validity.INVALID if past else Validity.NOT_FOUND
    return Selection(validity, sorted(past, key=_last_ended_first)[:1], person, _view(reading))


def _by_number(reading: AnswerInputs) -> Selection:
    """What was asked for decides; the other entitlements of its person are shown beside it while it holds."""
    asked = [e for e in reading.enrolments if e.entitlement in reading.asked]
    if _several_persons(asked):
        return Selection(Validity.AMBIGUOUS, [], None, _view(reading))
    if _unconfirmed(asked, reading.as_of):
        raise ShikakuError("eligibility-not-confirmable")
    holding = [e for e in asked if covers(e, reading.as_of)]
    if holding:
        person = _holder(min(holding, key=_result_order))
        return _valid(reading, _valid_of(reading, person), person)
    past = [e for e in asked if ended(e, reading.as_of)]
    if past:
        return _ended(reading, min(past, key=_last_ended_first))
    return Selection(Validity.NOT_FOUND, [], None, _view(reading))


def _several_persons(asked: Sequence[EnrolmentVersion]) -> bool:
    """Whether memberships of different persons fit. One membership is never several persons': no branch would help."""
    return len({e.entitlement for e in asked}) > 1 and len({_holder(e) for e in asked}) > 1


def _valid_of(reading: AnswerInputs, person: bytes) -> list[EnrolmentVersion]:
    """What covers the person on the day, but for what waits to be confirmed."""
    own = [e for e in reading.enrolments if _holder(e) == person and e.mismatch is not Mismatch.OPEN]
    return [e for e in own if covers(e, reading.as_of)]


def _ended(reading: AnswerInputs, asked: EnrolmentVersion) -> Selection:
    """The one that was asked for and has ended, alone: a newer one is told of, and not shown."""
    person = _holder(asked)
    newer = any(e.acquired_on > asked.acquired_on for e in _valid_of(reading, person))
    validity = Validity.INVALID_NEWER_EXISTS if newer else Validity.INVALID
    return Selection(validity, [asked], person, _view(reading))


def _valid(reading: AnswerInputs, valid: Sequence[EnrolmentVersion], person: bytes) -> Selection:
    """Order (OQS 4.2, more than one result): insurance before medical aid, newer acquired_on first, insurer number."""
    view = _view(reading)
    unregistered = all(_is_medical_aid(e) and not tickets_of(e, view) for e in valid)
    validity = Validity.VALID_UNREGISTERED if unregistered else Validity.VALID
    return Selection(validity, sorted(valid, key=_result_order), person, view)


def _view(reading: AnswerInputs) -> DisclosureScope:
    """Flags of every version that was read count, of ended ones too: a day must not be a way round a protection."""
    return DisclosureScope(
        as_of=reading.as_of,
        facility_kind=reading.facility_kind,
        institution_code=reading.institution_code,
        consents=reading.consents,
        protected=any(e.nondisclosure or e.self_disclosure_blocked for e in reading.enrolments),
    )


def _unconfirmed(enrolments: Iterable[EnrolmentVersion], day: date) -> bool:
    """Whether cover of the day waits for the insurer to confirm whose it is. In the past it stops history alone."""
    return any(e.mismatch is Mismatch.OPEN and covers(e, day) for e in enrolments)


def _holder(held: EnrolmentVersion) -> bytes:
    """Bytes that stand for the person: who was not found in the register is a person of her own, by entitlement."""
    if held.person_key is None:
        return b"entitlement" + str(held.entitlement).encode()
    return b"person" + held.person_key


def _is_medical_aid(held: EnrolmentVersion) -> bool:
    return held.certificate_kind is CertificateKind.MEDICAL_AID


def _result_order(held: EnrolmentVersion) -> tuple[bool, int, str, int]:
    return _is_medical_aid(held), -held.acquired_on.toordinal(), held.insurer_number, held.version


def _last_ended_first(held: EnrolmentVersion) -> tuple[int, tuple[bool, int, str, int]]:
    end = ends_on(held)
    assert end is not None
    return -end.toordinal(), _result_order(held)


def _version(selection: Selection, results: Sequence[Enrolment], key: bytes) -> str | None:
    """Of what is told and to whom, and of nothing else: what is withheld cannot show itself by a new version."""
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
