"""Scans source packages for the error codes that they raise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def _walked(package: str) -> list[ast.AST]:
    """The nodes of every module of a package that say something of errors: classes, calls, literals."""
    trees = [ast.parse(path.read_bytes()) for path in (ROOT / package).rglob("*.py")]
    assert trees, package
    kinds = (ast.ClassDef, ast.Call, ast.Constant)
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, kinds)]


def _nodes(packages: tuple[str, ...]) -> Iterator[ast.AST]:
    for package in packages:
        yield from _walked(package)


@cache
def error_classes(packages: tuple[str, ...]) -> set[str]:
    """The names of the error classes, each derived from one found before it."""
    names = {"ShikakuError", "TerminalError"}
    classes = [node for node in _nodes(packages) if isinstance(node, ast.ClassDef)]
    known = 0
    while known < len(names):
        known = len(names)
        names |= {c.name for c in classes if any(isinstance(b, ast.Name) and b.id in names for b in c.bases)}
    return names


@cache
def raised_codes(packages: tuple[str, ...]) -> set[str]:
    """Every code with which an error is constructed from a literal."""
    names = error_classes(packages)
    calls = [
        node for node in _nodes(packages) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    first = [
        call.args[0]
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in names and call.args
    ]
    return {arg.value for arg in first if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}


def literals(packages: tuple[str, ...]) -> set[str]:
    """Every literal text of the source."""
    nodes = _nodes(packages)
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
