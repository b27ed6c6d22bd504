"""The whole answer that is expected of a question, out of its compact notation in the data.

Nothing is computed from a rule here: what a rule decides is written in the data by hand.
"""

from __future__ import annotations

from typing import Any

from demo.persons.person import Asked, Person, Shown, When
from demo.persons.stage import MEMBERSHIP, Stage

_NOT_SHOWN = frozenset({"insured_birth_date", "nondisclosure", "self_disclosure_blocked"})
"""Items of an enrolment that no answer repeats."""

_ELDERLY = {"issued_on": None, "burden_ratio": None}
_LIMIT = {"issued_on": None, "long_term_on": None}


def answer(stage: Stage, person: Person, asked: Asked) -> dict[str, Any]:
    """The answer as it travels, less what no one can know before: version, record and instant."""
    return {
        "unchanged": False,
        "validity": asked.validity,
        "as_of": asked.as_of or stage.today,
        "reference_number": None,
        "results": [_result(stage, person, asked, shown) for shown in asked.results],
    }


def _result(stage: Stage, person: Person, asked: Asked, shown: Shown) -> dict[str, Any]:
    when: When = asked.known or asked.when
    items = stage.enrolment(person, shown.of, when)
    enrolled = person.enrolled[shown.of - 1]
    elderly, limit = items["elderly_certificate"], items["limit_certificate"]
    result = {name: value for name, value in items.items() if name not in _NOT_SHOWN} | {
        "insurer_name": stage.insurers[enrolled.insurer].name,
        "burden_expected": shown.burden_expected,
        "preschool": shown.preschool,
        "elderly_certificate": _ELDERLY | elderly if elderly else None,
        "limit_certificate_consent": asked.limit,
        "limit_certificate": _LIMIT | limit if shown.limit else None,
        "specific_disease_consent": False,
        "specific_diseases": [],
        "medical_tickets": [enrolled.tickets[place - 1].said() for place in shown.tickets],
    }
    if not shown.address:
        result |= {"address": None, "postal_code": None}
    if shown.ended_by_law_on:
        result |= {"lost_on": shown.ended_by_law_on, "reason_of_loss": None}
    return result


def number_question(stage: Stage, person: Person, asked: Asked) -> dict[str, Any]:
    """The body of `POST /v1/eligibility/number`, less `known_at`."""
    items = stage.enrolment(person, asked.of, asked.known or asked.when)
    body = {name: items[name] for name in MEMBERSHIP} | asked.numbers
    body |= {"as_of": asked.as_of or stage.today, "limit_certificate_consent": asked.limit}
    return {name: value for name, value in body.items() if value is not None}
