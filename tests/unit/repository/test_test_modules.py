"""What tests share is in tests/builders: no test module imports another."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


IMPORT = re.compile(r"^ *(?:import (tests\.\S+)|from (tests\S*) import (\([^)]*\)|.*))", re.MULTILINE)


def imported(source: str) -> set[str]:
    """The modules of tests that a source imports, or imports from."""
    return {
        f"{whole or module}.{name}"
        for whole, module, names in IMPORT.findall(source)
        for name in ("", *re.findall(r"\w+", names))
    }


def test_every_way_to_import_is_found() -> None:
    assert imported("import tests.a.test_b\n") == {"tests.a.test_b."}
    assert imported("    from tests.a.test_b import c as d\n") >= {"tests.a.test_b.c"}
    assert imported("from tests.a import (\n    b,\n    test_c,\n)\n") >= {"tests.a.b", "tests.a.test_c"}


def test_no_test_module_imports_another() -> None:
    files = list((ROOT / "tests").rglob("*.py"))
    assert len(files) > 300
    found = {
        str(file.relative_to(ROOT)): name
        for file in files
        for name in imported(file.read_text(encoding="utf-8"))
        if name.startswith("tests.") and any(part.startswith("test_") for part in name.split("."))
    }
    assert found == {}
