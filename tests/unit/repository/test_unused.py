"""Every function and class of the packages is named somewhere else in them, in a template or a table, not in tests alone."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: tuple[str, ...] = tuple(PROJECT["tool"]["importlinter"]["root_packages"])

PUBLISHED = (
    "eligibility_api/contract/*",  # what other programs import
    "eligibility_api/*/tables.py",  # tables, which SQL names
    "eligibility_api/merkle_log/*",  # the formats whole, for those who read the log
    "loadtest/model/*",  # the reference model, for tests
)
CALLED_BY_LIBRARIES = {
    "do_POST", "get_col_spec", "log_message", "on_body", "on_header", "on_message_complete", "settings_customise_sources",
}  # fmt: skip
KEPT = {"property", "staticmethod", "classmethod", "contextmanager", "dataclass"}
"""Decorators that register nothing: with another one, a framework calls the function."""


def is_registered(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    names = [getattr(getattr(one, "func", one), "id", "") for one in node.decorator_list]
    return not set(names) <= KEPT


@pytest.mark.slow
def test_nothing_is_called_by_tests_alone() -> None:
    listed = subprocess.check_output(
        ["git", "ls-files", *PACKAGES, "scripts"], cwd=ROOT, text=True
    ).splitlines()
    texts = {
        path: (ROOT / path).read_text(encoding="utf-8")
        for path in listed
        if path.endswith((".py", ".html", ".toml")) or path == "scripts/words"
    }
    used = Counter(word for text in texts.values() for word in re.findall(r"[A-Za-z_]\w*", text))
    unused = [
        f"{path}: {node.name}"
        for path, text in texts.items()
        if path.endswith(".py") and not any(fnmatch(path, pattern) for pattern in PUBLISHED)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if used[node.name] == 1 and not node.name.startswith("__") and not is_registered(node)
    ]
    assert len(texts) > 1000
    assert [one for one in unused if one.rpartition(" ")[2] not in CALLED_BY_LIBRARIES] == []
