"""What tests share is in tests/builders: no test module imports another."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]


def imported(file: Path) -> set[str]:
    """The modules that a file imports, or imports from."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {
        f"{node.module}.{name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for name in ("", *(alias.name for alias in node.names))
    }
    return whole | parts


def test_no_test_module_imports_another() -> None:
    files = list((ROOT / "tests").rglob("*.py"))
    assert len(files) > 300
    found = {
        str(file.relative_to(ROOT)): name
        for file in files
        for name in imported(file)
        if name.startswith("tests.") and any(part.startswith("test_") for part in name.split("."))
    }
    assert found == {}
