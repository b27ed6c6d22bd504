"""The generated documents in `docs/` are equal to what `make docs` generates from the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eligibility_api.app import busiest_statements
from eligibility_api.platform import described_settings
from scripts import example_docs, generate_docs, sql_docs

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", generate_docs.DOCUMENTS)
def test_a_generated_document_is_up_to_date(name: str) -> None:
    generated = generate_docs.DOCUMENTS[name]()
    assert (DOCS / name).read_text(encoding="utf-8") == generated, f"docs/{name} is outdated: run `make docs`"


def test_the_examples_of_the_interface_are_up_to_date() -> None:
    stored = DOCS.parent / "eligibility_api" / "web" / "description" / "examples.json"
    assert stored.read_text(encoding="utf-8") == example_docs.examples(), "run `make docs`"


SQL = DOCS.parent / "eligibility_api" / "sql"


def test_every_busy_statement_is_rendered_as_it_is_sent() -> None:
    assert {path.name for path in SQL.iterdir()} == set(sql_docs.FILES), "run `make docs`, delete the others"
    for name, render in sql_docs.FILES.items():
        assert (SQL / name).read_text(encoding="utf-8") == render(), f"{name} is outdated: run `make docs`"


def test_what_is_rendered_differs_from_what_is_sent_only_in_layout_and_names() -> None:
    assert busiest_statements()
    for name in busiest_statements():
        statement = busiest_statements()[name]
        text = (SQL / f"{name}.sql").read_text(encoding="utf-8")
        _, rendered = re.split(r"\n(?!--)", text, maxsplit=1)
        assert "".join(rendered.split()) == "".join(statement.source.split()) + ";", name


def test_every_program_with_settings_has_a_table() -> None:
    packages = [package for package, _ in generate_docs.settings_classes()]
    assert {"eligibility_api", "clinic_terminal", "payer_mock", "jpki_mock", "loadtest"} <= set(packages)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("challenge_seconds", "seconds"),
        ("facility_number_misses_per_hour", "per hour"),
        ("upload_max_bytes", "bytes"),
        ("batch_rows_per_second", "per second"),
        ("home", ""),
    ],
)
def test_a_unit_follows_from_the_name(name: str, unit: str) -> None:
    assert described_settings.unit(name) == unit
