"""The list of mutated modules names every module of the rules, and tests that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.__main__ import DOMAIN, ROOT, modules, selected_tests
from tests.mutants.source import mutants

MODULES = modules()


def test_every_module_of_the_rules_is_mutated() -> None:
    files = {
        path.relative_to(ROOT / DOMAIN).with_suffix("").as_posix() for path in (ROOT / DOMAIN).rglob("*.py")
    }
    assert {name for name in files if not name.endswith("__init__")} == set(MODULES)
    assert len(MODULES) > 30


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_tests_and_its_equivalent_mutants_exist_with_a_reason(module: str) -> None:
    entry = MODULES[module]
    tests = selected_tests(module, entry)
    assert tests
    assert [path for path in tests if not (ROOT / path).is_file()] == []
    source = (ROOT / DOMAIN / f"{module}.py").read_text(encoding="utf-8")
    names = {mutant.name for mutant in mutants(source)}
    equivalent = entry.get("equivalent", {})
    assert set(equivalent) <= names
    assert all(len(reason) > 10 for reason in equivalent.values())
    assert set(entry) <= {"tests", "equivalent"}


def test_the_domain_has_no_other_package_than_those_listed() -> None:
    packages = {path.parent.name for path in (ROOT / DOMAIN).rglob("__init__.py")} - {DOMAIN.name}
    assert packages == {Path(module).parent.name for module in MODULES if "/" in module}
