"""The expected answer: the rules of `docs/rules.md` one after the other, applied to what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from eligibility_api.contract.codes import Category, CertificateKind, FacilityKind, Relationship, Validity
from loadtest.model.ages import age, birthday, in_seventies, preschool
from loadtest.model.events import Event, Membership
from loadtest.model.replay import Key, Knowledge, Period, key_of, replay

DAY = timedelta(days=1)

Answer = dict[str, Any]
"""An answer as JSON without version, record, remarks about the card, and instants; or `{"refused": code}`."""


@dataclass(frozen=True)
class Question:
    """A check: the facility, and its subject: a person by card, or a membership by number.

    `as_of` is the day.
    """

    as_of: date
    institution_code: str
    facility_kind: str = FacilityKind.CLINIC
    consents: frozenset[str] = frozenset()
    person: str | None = None
    membership: Membership | None = None


def answer_at(events: Sequence[Event], question: Question, known_at: datetime) -> Answer:
    """The answer from what was known at an instant."""
    return answer(replay(events, known_at), question)


def answer(known: Knowledge, question: Question) -> Answer:
    """The answer from what is known."""
    if question.membership is None:
        return _by_card(known, question)
    return _by_number(known, question, question.membership)


def _by_card(known: Knowledge, question: Question) -> Answer:
    read = [p for p in _all(known) if p["person"] is not None and p["person"] == question.person]
    holding = [p for p in read if _holds(p, question.as_of)]
    ended = [p for p in read if _has_ended(p, question.as_of)]
    if any(p.get("self_disclosure_blocked") for p in read):
        return {"refused": "card-not-usable"}
    if any(p["mismatch"] == "open" for p in holding):
        return {"refused": "card-not-usable"}
    if holding:
        return _holding(known, question, read, holding)
    if ended:
        return _build(known, question, read, Validity.INVALID, [_last_ended(ended)])
    return _build(known, question, read, Validity.NOT_FOUND, [])


def _by_number(known: Knowledge, question: Question, membership: Membership) -> Answer:
    keys = [key for key in known.periods if _fits(membership, key)]
    found = [p for key in keys for p in known.periods[key]]
    persons = {_person(p) for p in found}
    read = [p for p in _all(known) if key_of(p["membership"]) in keys or _person(p) in persons]
    if len({key_of(p["membership"]) for p in found}) > 1 and len(persons) > 1:
        return _build(known, question, read, Validity.AMBIGUOUS, [])
    holding = [p for p in found if _holds(p, question.as_of)]
    if any(p["mismatch"] == "open" for p in holding):
        return {"refused": "eligibility-not-confirmable"}
    ended = [p for p in found if _has_ended(p, question.as_of)]
    if holding:
        return _holding(known, question, read, _concurrent(read, holding[0], question.as_of))
    if ended:
        last = _last_ended(ended)
        newer = [p for p in _concurrent(read, last, question.as_of) if p["acquired_on"] > last["acquired_on"]]
        validity = Validity.INVALID_NEWER_EXISTS if newer else Validity.INVALID
        return _build(known, question, read, validity, [last])
    return _build(known, question, read, Validity.NOT_FOUND, [])


def _all(known: Knowledge) -> list[Period]:
    return [period for periods in known.periods.values() for period in periods]


def _fits(wanted: Membership, key: Key) -> bool:
    insurer, symbol, number, branch, birth_date = key_of(wanted)
    without_branch = wanted.branch is None
    return (insurer, symbol, number, birth_date) == (*key[:3], key[4]) and (
        without_branch or branch == key[3]
    )


def _person(period: Period) -> Any:
    """The person; one without an entry in the register is identified by her membership (R4)."""
    return period["person"] if period["person"] is not None else key_of(period["membership"])


def _concurrent(read: Sequence[Period], period: Period, day: date) -> list[Period]:
    """All current periods of the same person, without those that have an open mismatch (V2, V3)."""
    own = [p for p in read if _person(p) == _person(period) and p["mismatch"] != "open"]
    return [p for p in own if _holds(p, day)]


def _holding(known: Knowledge, question: Question, read: Sequence[Period], shown: Sequence[Period]) -> Answer:
    needs_ticket = all(_is_aid(p) and not _tickets(known, question, p) for p in shown)
    validity = Validity.VALID_UNREGISTERED if needs_ticket else Validity.VALID
    return _build(known, question, read, validity, sorted(shown, key=_order))


def _order(period: Period) -> Any:
    return (
        _is_aid(period),
        -period["acquired_on"].toordinal(),
        period["membership"].insurer_number,
        period["since"],
    )


def _last_ended(ended: Sequence[Period]) -> Period:
    last_day = max(_end(p) or date.max for p in ended)
    return min((p for p in ended if _end(p) == last_day), key=_order)


def _is_aid(period: Period) -> bool:
    return bool(period["certificate_kind"] == CertificateKind.MEDICAL_AID)


def _is_late_elderly(period: Period) -> bool:
    number = period["membership"].insurer_number
    return len(number) == 8 and number[:2] == "39"


def _holds(period: Period, day: date) -> bool:
    """Rules D1 to D4."""
    lost_on = period.get("lost_on")
    declared = period["acquired_on"] <= day and (lost_on is None or day < lost_on)
    if _is_aid(period) or _is_late_elderly(period):
        return declared
    births = _decisive_birth_dates(period)
    if lost_on is not None and all(age(birth_date, lost_on - DAY) < 75 for birth_date in births):
        return declared
    if lost_on is not None and lost_on - DAY == min(birthday(birth_date, 75) for birth_date in births):
        return declared
    counted = day - DAY if _is_municipal(period) else day
    return declared and all(age(birth_date, counted) < 75 for birth_date in births)


def _is_municipal(period: Period) -> bool:
    """A municipality, and no association (D3)."""
    number = period["membership"].insurer_number
    return len(number) == 6 and number[2] != "3"


def _decisive_birth_dates(period: Period) -> list[date]:
    births = [period["membership"].birth_date]
    insured = period.get("insured_birth_date")
    national = len(period["membership"].insurer_number) == 6
    if period["relationship"] == Relationship.DEPENDANT and insured is not None and not national:
        births.append(insured)
    return births


def _end(period: Period) -> date | None:
    """The first day after the declared beginning on which the period no longer holds."""
    days = [period["acquired_on"], period.get("lost_on")]
    for birth_date in _decisive_birth_dates(period):
        days += [birthday(birth_date, 75), birthday(birth_date, 75) + DAY]
    known_days = sorted(day for day in days if day is not None and day >= period["acquired_on"])
    return next((day for day in known_days if not _holds(period, day)), None)


def _has_ended(period: Period, day: date) -> bool:
    return bool(period["acquired_on"] <= day and not _holds(period, day))


def _tickets(known: Knowledge, question: Question, period: Period) -> list[Any]:
    """Rule S7."""
    if not _is_aid(period) or not _holds(period, question.as_of):
        return []
    month = f"{question.as_of:%Y-%m}"
    return [
        ticket
        for ticket in known.tickets.get(key_of(period["membership"]), [])
        if ticket["institution_code"] == question.institution_code
        and ticket["month"] == month
        and ticket["valid_from"] <= question.as_of <= ticket["valid_to"]
    ]


def _build(
    known: Knowledge, question: Question, read: Sequence[Period], validity: Validity, shown: Sequence[Period]
) -> Answer:
    hidden = question.facility_kind == FacilityKind.ELIGIBILITY_ONLY
    for period in read:
        if period.get("nondisclosure") or period.get("self_disclosure_blocked"):
            hidden = True
    return {
        "unchanged": False,
        "validity": str(validity),
        "as_of": question.as_of.isoformat(),
        "results": [_result(known, question, period, hidden) for period in shown],
    }


AS_STORED = (
    "certificate_kind", "insurer_name", "relationship", "insured_name", "name", "name_kana", "name_alias",
    "name_alias_kana", "sex", "sex_on_certificate", "acquired_on", "issued_on", "valid_from", "valid_to",
)  # fmt: skip
"""The items that are shown as stored."""


def _result(known: Knowledge, question: Question, period: Period, hidden: bool) -> Answer:
    day, birth_date = question.as_of, period["membership"].birth_date
    medical = question.facility_kind != FacilityKind.ELIGIBILITY_ONLY
    limit = medical and (question.membership is None or Category.LIMIT_CERTIFICATE in question.consents)
    diseases = medical and Category.SPECIFIC_DISEASES in question.consents
    shown = {name: period.get(name) for name in AS_STORED} | _lost(period, day)
    shown |= {name: getattr(period["membership"], name) for name in Membership._fields}
    shown |= {name: None if hidden else period.get(name) for name in ("address", "postal_code")}
    shown |= {
        "preschool": preschool(birth_date, day),
        "burden_expected": (expected := _burden_expected(period, day)),
        "burden_ratio": period.get("burden_ratio") if expected else None,
        "elderly_certificate": _certificate(
            period, "elderly_certificate", expected and not _is_late_elderly(period), day
        ),
        "limit_certificate_consent": limit,
        "limit_certificate": _certificate(period, "limit_certificate", limit, day),
        "specific_disease_consent": diseases,
        "specific_diseases": _certificates(period, period.get("specific_diseases") or [], diseases, day),
        "medical_tickets": _tickets(known, question, period),
    }
    result: Answer = _to_json(shown)
    return result


def _lost(period: Period, day: date) -> Answer:
    """Rule S3."""
    lost_on, end = period.get("lost_on"), _end(period)
    if _has_ended(period, day) and end != lost_on:
        return {"lost_on": end, "reason_of_loss": None}
    return {"lost_on": lost_on, "reason_of_loss": period.get("reason_of_loss")}


def _burden_expected(period: Period, day: date) -> bool:
    """Rule D8."""
    if period["certificate_kind"] in (CertificateKind.MEDICAL_AID, CertificateKind.SPECIAL_REIMBURSEMENT):
        return False
    birth_date = period["membership"].birth_date
    turns_75 = day == birthday(birth_date, 75) and _holds(period, day)
    return _is_late_elderly(period) or in_seventies(birth_date, day) or turns_75


def _certificate(period: Period, name: str, permitted: bool, day: date) -> Any:
    """Rules S5 and S10."""
    return next(iter(_certificates(period, [period.get(name)], permitted, day)), None)


def _certificates(period: Period, certificates: Sequence[Any], permitted: bool, day: date) -> list[Any]:
    """Rules S5, S6, S10 and S11."""
    if not permitted or not _holds(period, day):
        return []
    return [
        c
        for c in certificates
        if c is not None and c["valid_from"] <= day and (c.get("valid_to") is None or day <= c["valid_to"])
    ]


def _to_json(value: Any) -> Any:
    """Dates as in JSON."""
    match value:
        case date():
            return value.isoformat()
        case dict():
            return {name: _to_json(item) for name, item in value.items()}
        case list():
            return [_to_json(item) for item in value]
    return value
