"""Writes the examples of the OpenAPI document: look-ups of test persons by number, one for each validity (OQSCD006)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from eligibility_api.contract.code_titles import CODE_TITLES
from eligibility_api.contract.codes import Validity
from shikaku.persons.answers import expected_answer, number_request
from shikaku.persons.dataset import Dataset, load_dataset
from shikaku.persons.person import Person, Question

PATH = "/v1/eligibility/number"
DAY = date(2026, 12, 1)
"""The day of the answers; the requests name none, and hold on every day."""

_INSTANT = f"{DAY}T00:15:30.123456Z"
_RECORD = "019ad740-0000-7000-8000-000000000001"


def examples() -> str:
    """`eligibility_api/web/description/examples.json`."""
    data = load_dataset(DAY)
    found = {
        f"{question.validity}-{person.id}": _example(data, person, question)
        for person, question in chosen(data)
    }
    return json.dumps({PATH: found}, ensure_ascii=False, indent=1) + "\n"


def chosen(data: Dataset) -> Iterator[tuple[Person, Question]]:
    """For each validity the first person who gets it by number today, with her own numbers."""
    for validity in Validity:
        yield next(
            (person, question)
            for person in data.persons
            for question in person.questions
            if question.by == "number" and question.validity == validity and question.when == "after"
            and not (question.known or question.as_of or question.limit)
        )  # fmt: skip


def _example(data: Dataset, person: Person, question: Question) -> dict[str, Any]:
    answer = expected_answer(data, person, question)
    unpredictable = {
        "answered_at": _INSTANT,
        "record_id": _RECORD,
        "version": "m3y0S6sJp4Yw6o1b2c3d4e5f" if answer["results"] else None,
    }
    titles = " / ".join(CODE_TITLES["Validity"][answer["validity"]])
    return {
        "summary": f"{answer['validity']}: {titles} ({person.id})",
        "request": request(data, person, question),
        "answer": answer | unpredictable,
    }


def request(data: Dataset, person: Person, question: Question) -> dict[str, Any]:
    """The body, without the day: today is what the fund assumes."""
    return {name: value for name, value in number_request(data, person, question).items() if name != "as_of"}
