"""Expands the compact notation of the data to a complete expected answer.

No rule is applied here: what a rule decides is written in the data by hand.
"""

from __future__ import annotations

from typing import Any

from shikaku.persons.dataset import MEMBERSHIP, Dataset
from shikaku.persons.person import ExpectedResult, Person, Question, When

_NOT_IN_ANSWERS = frozenset({"insured_birth_date", "nondisclosure", "self_disclosure_blocked"})
"""Items of an enrolment that no answer contains."""

_ELDERLY = {"issued_on": None, "valid_to": None, "burden_ratio": None}
_LIMIT = {"issued_on": None, "valid_to": None, "long_term_on": None}


def expected_answer(data: Dataset, person: Person, question: Question) -> dict[str, Any]:
    """The answer as JSON, without the unpredictable members: version, record and instants."""
    return {
        "unchanged": False,
        "validity": question.validity,
        "as_of": question.as_of or data.today,
        "reference_number": None,
        "certificate_renewal": question.renewal.model_dump() if question.renewal else None,
        "results": [_result(data, person, question, one) for one in question.expected_results],
    }


def _result(data: Dataset, person: Person, question: Question, expected: ExpectedResult) -> dict[str, Any]:
    when: When = question.known or question.when
    items = data.enrolment(person, expected.of, when)
    enrolment = person.enrolments[expected.of - 1]
    elderly, limit = items["elderly_certificate"], items["limit_certificate"]
    result = {name: value for name, value in items.items() if name not in _NOT_IN_ANSWERS} | {
        "insurer_name": data.insurers[enrolment.insurer].name,
        "burden_expected": expected.burden_expected,
        "burden_ratio": items["burden_ratio"] if expected.burden_expected else None,
        "preschool": expected.preschool,
        "elderly_certificate": _ELDERLY | elderly
        if elderly and expected.elderly and expected.burden_expected
        else None,
        "limit_certificate_consent": question.limit or question.by != "number",
        "limit_certificate_consent_at": None,
        "limit_certificate": _LIMIT | limit if expected.limit else None,
        "specific_disease_consent": False,
        "specific_diseases": [],
        "medical_tickets": [enrolment.tickets[position - 1].as_answer() for position in expected.tickets],
    }
    if not expected.address:
        result |= {"address": None, "postal_code": None}
    if expected.ended_by_law_on:
        result |= {"lost_on": expected.ended_by_law_on, "reason_of_loss": None}
    return result


def number_request(data: Dataset, person: Person, question: Question) -> dict[str, Any]:
    """The body of `POST /v1/eligibility/number`, without `known_at`."""
    items = data.enrolment(person, question.of, question.known or question.when)
    body = {name: items[name] for name in MEMBERSHIP} | question.numbers
    body |= {"as_of": question.as_of or data.today, "limit_certificate_consent": question.limit}
    return {name: value for name, value in body.items() if value is not None}
