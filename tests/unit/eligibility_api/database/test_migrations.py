"""The schema revisions are one chain, and scripts are cut into statements."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from sqlmodel import SQLModel

import eligibility_api.database.migrations as package
from eligibility_api.audit_log.tables import AuditRecord
from eligibility_api.clients.tables import Client
from eligibility_api.database.columns import table_of
from eligibility_api.database.migrate import _config
from eligibility_api.database.migrations.script import statements
from eligibility_api.database.revisions import head

VERSIONS = sorted((Path(str(package.__file__)).parent / "versions").glob("[0-9]*.py"))


def constants(path: Path) -> dict[str, object]:
    """The values that a module assigns to plain names."""
    assigned: dict[str, object] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Constant(value)):
                assigned[name] = value
            case ast.AnnAssign(target=ast.Name(name), value=ast.Constant(value)):
                assigned[name] = value
    return assigned


def test_each_revision_follows_the_one_of_the_former_number() -> None:
    assert len(VERSIONS) > 10
    revisions = [constants(path)["revision"] for path in VERSIONS]
    assert [constants(path)["down_revision"] for path in VERSIONS] == [None, *revisions[:-1]]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_revision_has_the_number_of_its_file(path: Path) -> None:
    assert re.fullmatch(r"\d{4}_[a-z0-9_]+", path.stem)
    assert str(constants(path)["revision"]) in {path.stem, path.stem[:4]}


def test_the_program_expects_the_last_revision() -> None:
    assert head() == constants(VERSIONS[-1])["revision"]


def test_a_path_with_a_percent_sign_is_no_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eligibility_api.database.migrate.__file__", "/srv/100%s/migrate.py")
    assert _config().get_main_option("script_location") == "/srv/100%s/migrations"


def test_a_script_is_cut_at_the_end_of_each_statement_and_loses_none() -> None:
    script = "CREATE TABLE a (\n  b text\n);\nSELECT 1; SELECT 2;\nDROP TABLE a"
    assert list(statements(script)) == [
        "CREATE TABLE a (\n  b text\n);\n",
        "SELECT 1; SELECT 2;\n",
        "DROP TABLE a",
    ]


def test_the_body_of_a_function_is_one_statement() -> None:
    function = "CREATE FUNCTION f() AS $$\nBEGIN\n  x := 1;\nEND;\n$$;\n"
    assert list(statements(f"{function}SELECT f();\n")) == [function, "SELECT f();"]


@pytest.mark.parametrize("line", ["SELECT 1; -- the first; of two", "SELECT 1;   "])
def test_a_comment_or_space_after_the_semicolon_ends_the_statement_too(line: str) -> None:
    assert list(statements(f"{line}\nSELECT 2;")) == [f"{line}\n", "SELECT 2;"]


def test_a_semicolon_within_a_comment_ends_nothing() -> None:
    assert list(statements("SELECT -- one;\n1;")) == ["SELECT -- one;\n1;"]


@pytest.mark.parametrize(("model", "name"), [(AuditRecord, "audit_record"), (Client, "client")])
def test_a_model_has_its_table(model: type[SQLModel], name: str) -> None:
    assert table_of(model).name == name


@pytest.mark.parametrize(("column", "filled"), [("admitted_at", True), ("closed_at", False)])
def test_an_instant_has_a_time_zone_and_is_filled_by_the_database_only_if_declared(
    column: str, filled: bool
) -> None:
    declared = table_of(Client).c[column]
    assert declared.type.timezone  # type: ignore[attr-defined]
    assert (declared.server_default is not None, declared.nullable) == (filled, not filled)
