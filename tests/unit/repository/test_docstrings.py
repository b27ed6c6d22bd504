"""Every module, and every class and function with a public name, says what it is: private classes' methods too.

ruff (rules D1) holds this of what is public as a whole; it leaves out what is inside of something private.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = [*PROJECT["tool"]["importlinter"]["root_packages"], "scripts"]

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def without_docstring(source: str) -> list[str]:
    """The public names of a module's classes, functions and methods that lack a docstring; "" for the module."""
    return [name for name, node in public(ast.parse(source)) if ast.get_docstring(node) is None]


def public(node: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Documented]]:
    if isinstance(node, ast.Module) and node.body:
        yield "", node
    for one in node.body:
        if not isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not one.name.startswith("_"):
            yield prefix + one.name, one
        if isinstance(one, ast.ClassDef):
            yield from public(one, f"{prefix}{one.name}.")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_a_docstring(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    lacking = {
        str(file.relative_to(ROOT)): names
        for file in files
        if (names := without_docstring(file.read_text(encoding="utf-8")))
    }
    assert lacking == {}


def test_a_missing_docstring_is_found_wherever_it_is() -> None:
    source = "class _Kept:\n    def held(self): ...\n    def _own(self): ...\nasync def serve(): ...\n"
    assert without_docstring(source) == ["", "_Kept.held", "serve"]
    assert without_docstring('"""A module."""\n\ndef serve():\n    """Serve."""\n') == []
