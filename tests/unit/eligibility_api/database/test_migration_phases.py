"""A release is made while the last one serves: each migration declares its phase, and an expand one only adds (decision 029)."""

from __future__ import annotations

import importlib.util
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import eligibility_api.database.migrations as package
from eligibility_api.database.migrations.phases import serves_from
from eligibility_api.database.revisions import FIRST_FLOOR
from tests.builders.migration_phases import forbidden

VERSIONS = sorted((Path(str(package.__file__)).parent / "versions").glob("[0-9]*.py"))
RULED = [path for path in VERSIONS if path.name[:4] > FIRST_FLOOR]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def executed(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that a migration executes. It uses nothing else of alembic, which a test could not see."""
    statements: list[str] = []

    class Recorded:
        def execute(self, statement: Any) -> None:
            statements.append(str(statement))

        def get_context(self) -> Any:
            return SimpleNamespace(autocommit_block=nullcontext)  # for indexes that are made without blocking

    monkeypatch.setattr(module, "op", Recorded())
    module.upgrade()
    assert statements
    return statements


def test_every_migration_declares_its_phase_and_an_expand_one_only_adds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert RULED
    faults = {}
    for path in RULED:
        module = load(path)
        phase = getattr(module, "phase", None)
        if phase == "contract":
            if not FIRST_FLOOR < module.serves_from < module.revision:
                faults[path.name] = ["serves_from names no revision between the rule and this migration"]
        elif phase != "expand":
            faults[path.name] = ["no phase"]
        elif found := forbidden(executed(module, monkeypatch)):
            faults[path.name] = found
    assert not faults


def test_migrations_of_before_the_rule_are_no_contracts() -> None:
    assert [serves_from(load(path)) for path in VERSIONS if path not in RULED] == [None] * (
        len(VERSIONS) - len(RULED)
    )


EXPANDING = [
    "CREATE TABLE made (a text);",
    "CREATE INDEX CONCURRENTLY big_a ON big (a)",
    "ALTER TABLE big ADD COLUMN a text",
    "ALTER TABLE big ADD COLUMN a text NOT NULL DEFAULT '{}', ADD COLUMN b integer",
    "ALTER TABLE big ADD COLUMN a text CONSTRAINT short CHECK (length(a) < 9)",
    "ALTER TABLE big DROP CONSTRAINT c,\n  ADD CONSTRAINT c CHECK (a IN (1, 2, 3)) NOT VALID;",
    "CREATE OR REPLACE FUNCTION f() RETURNS text AS $$ SELECT 1; -- DROP TABLE big\n $$",
    "CREATE FUNCTION f() RETURNS text AS $$ DELETE FROM big $$",
    "GRANT SELECT ON big TO shikaku_api",
    "REVOKE ALL ON FUNCTION f() FROM PUBLIC",
    "-- a comment\nCOMMENT ON TABLE big IS 'big'",
]

BREAKING = [
    "DROP TABLE big",
    "DROP FUNCTION f()",
    "DROP INDEX big_a",
    "CREATE INDEX big_a ON big (a)",
    "ALTER TABLE big DROP COLUMN a",
    "ALTER TABLE big ADD COLUMN a text, DROP COLUMN b",
    "ALTER TABLE big RENAME COLUMN a TO b",
    "ALTER TABLE big RENAME TO bigger",
    "ALTER TABLE big ALTER COLUMN a TYPE bigint",
    "ALTER TABLE big ALTER a SET NOT NULL",
    "ALTER TABLE big ADD COLUMN a text NOT NULL",
    "ALTER TABLE big ADD COLUMN a uuid DEFAULT gen_random_uuid() UNIQUE",
    "ALTER TABLE big ADD COLUMN a timestamptz DEFAULT clock_timestamp()",
    "ALTER TABLE big ADD COLUMN a text REFERENCES small",
    "ALTER TABLE big ADD CONSTRAINT c CHECK (a > 1)",
    "ALTER TABLE big ADD CONSTRAINT c CHECK (a > 1) NOT VALID",
    "ALTER TABLE big DROP CONSTRAINT c, ADD CONSTRAINT d CHECK (a > 1) NOT VALID",
    "ALTER TABLE big DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > 1)",
    "ALTER TABLE big DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > 1) NOT VALID, ADD CONSTRAINT d CHECK (b > 1) NOT VALID",
    "REVOKE SELECT ON big FROM shikaku_api",
    "REVOKE ALL ON FUNCTION f() FROM shikaku_api",
    "UPDATE big SET a = 1",
    "DELETE FROM big",
    "INSERT INTO big SELECT 1",
    "CREATE TRIGGER t BEFORE INSERT ON big EXECUTE FUNCTION f()",
    "ALTER FUNCTION f() RENAME TO g",
    "LOCK TABLE big",
]


def test_what_only_adds_is_allowed() -> None:
    assert forbidden(EXPANDING) == []
    assert (
        forbidden(
            ["CREATE TABLE made (a text)", "CREATE INDEX made_a ON made (a)", "INSERT INTO made VALUES (1)"]
        )
        == []
    )


@pytest.mark.parametrize("statement", BREAKING)
def test_what_takes_away_or_blocks_is_a_contract(statement: str) -> None:
    assert len(forbidden([*EXPANDING, statement])) == 1


def test_former_migrations_show_what_the_rule_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """0038 replaced a function by another of the same name and added a check: in two steps from now on."""
    [path] = [path for path in VERSIONS if path.name.startswith("0038")]
    found = forbidden(executed(load(path), monkeypatch))
    assert [statement.split()[:2] for statement in found] == [
        ["ALTER", "TABLE"],
        ["DROP", "FUNCTION"],
        ["CREATE", "INDEX"],
    ]
