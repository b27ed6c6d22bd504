"""Every module, and every class and function with a public name, says what it is: private classes' methods too.

ruff (rules D1) holds this of what is public as a whole; it leaves out what is inside of something private.

What has no name outside of its place needs none: names with an underscore, among them `__init__`, since the class says how
to build one; and plain functions inside of functions, which are read with the one that has them. What is registered there
by a decorator (endpoints, handlers), and classes made there, are called by others: they need one.
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
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def without_docstring(source: str) -> list[str]:
    """The public names of a module's classes, functions and methods that lack a docstring; "" for the module."""
    return [name for name, node in public(ast.parse(source)) if ast.get_docstring(node) is None]


def public(
    node: ast.AST, prefix: str = "", within: type[ast.AST] = ast.Module
) -> Iterator[tuple[str, Documented]]:
    """What needs a docstring in a node, wherever it is, by its dotted name. `within`: what is around it."""
    if isinstance(node, ast.Module) and node.body:
        yield "", node
    for one in ast.iter_child_nodes(node):
        if isinstance(one, (ast.ClassDef, *FUNCTIONS)):
            is_local = within in FUNCTIONS and not isinstance(one, ast.ClassDef) and not one.decorator_list
            if not (is_local or one.name.startswith("_")):
                yield prefix + one.name, one
            yield from public(one, f"{prefix}{one.name}.", type(one))
        else:
            yield from public(one, prefix, within)


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


SOURCE = """
class _Kept:
    def held(self):
        def local(): ...
        @app.get("/")
        def endpoint(): ...
    def _own(self): ...
    def __init__(self): ...
if True:
    async def serve():
        class Made:
            def called(self): ...
"""


def test_a_missing_docstring_is_found_wherever_it_is() -> None:
    assert without_docstring(SOURCE) == [
        "", "_Kept.held", "_Kept.held.endpoint", "serve", "serve.Made", "serve.Made.called",
    ]  # fmt: skip
    assert without_docstring('"""A module."""\n\ndef serve():\n    """Serve."""\n') == []
