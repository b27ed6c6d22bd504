"""The page about FHIR, in both languages, against the resources and the plain interface."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class

from eligibility_api.contract.eligibility import EligibilityAnswer, NumberCheckRequest
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.fhir.requests import read_request
from tests.builders.fhir import r4_elements

DOCS = Path(__file__).parents[4] / "docs"
EXAMPLE = DOCS / "fhir-example.json"
PAGES = ["fhir.md", "fhir.ja.md"]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """The cells of the table of elements."""
    lines = [line for line in page(name).splitlines() if line.startswith("| ") and line.count(" | ") == 4]
    return [line.strip("| ").split(" | ") for line in lines[1:]]


@pytest.mark.parametrize("name", PAGES)
def test_the_table_names_elements_of_r4(name: str) -> None:
    paths = re.findall(r"`([A-Z]\w+)\.(\w+)`", " ".join(row[4] for row in rows(name)))
    assert len(paths) > 20
    assert [path for path in paths if path[1] not in r4_elements(path[0])] == []


def test_both_pages_have_the_same_table_and_requests() -> None:
    english, japanese = (rows(name) for name in PAGES)
    assert [row[1:] for row in english] == [row[1:] for row in japanese]
    first, second = (re.findall(r"```\n(.*?)```", page(name), re.DOTALL) for name in PAGES)
    assert first == second
    assert re.findall(r"`(?:GET|POST) [^`]*`", page(PAGES[0])) == re.findall(
        r"`(?:GET|POST) [^`]*`", page(PAGES[1])
    )


@pytest.mark.parametrize("name", PAGES)
def test_every_item_of_an_answer_is_in_the_page(name: str) -> None:
    items = EligibilityAnswer.model_fields.keys() | Enrolment.model_fields.keys()
    own = {"unchanged", "version", "results"}  # of the plain form itself
    assert {item for item in items - own if f"`{item}`" not in page(name)} == set()


def test_the_example_is_valid_and_asks_for_the_test_person() -> None:
    body = EXAMPLE.read_bytes()
    get_fhir_model_class("CoverageEligibilityRequest").model_validate(json.loads(body))
    check = read_request(body).check
    assert isinstance(check, NumberCheckRequest)
    assert (check.insurer_number, check.symbol, check.number) == ("01130012", "架空", "７７０１")
