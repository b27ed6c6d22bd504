"""docs/architecture.md: every path and function that it names exists, and its picture is the order of packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs" / "architecture.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BASES = [ROOT, ROOT / "docs", *(ROOT / name for name in PROJECT["tool"]["importlinter"]["root_packages"])]

FILE_NAMES = {"endpoints.py", "service.py", "store.py", "tables.py"}
"""Names that many packages have, mentioned without a path."""

NAMED = r"`((?:[\w.-]+/)*(?:[\w-]+\.(?:md|py|toml)|[\w-]+/))(?:::(\w+))?`"
"""A path in backticks, with or without a function or class."""


def named(page: Path) -> set[tuple[str, str]]:
    return {(path, name) for path, name in re.findall(NAMED, page.read_text(encoding="utf-8"))} - {
        (file_name, "") for file_name in FILE_NAMES
    }


def exists(path: str, name: str) -> bool:
    found = [base / path for base in BASES if (base / path).exists()]
    defined = re.compile(rf"^ *(?:async )?(?:def|class) {name}\b", re.MULTILINE)
    return any(not name or defined.search(file.read_text(encoding="utf-8")) for file in found)


def layers(package: str) -> list[list[str]]:
    """The order of packages that import-linter enforces."""
    [contract] = [
        one for one in PROJECT["tool"]["importlinter"]["contracts"] if one.get("containers") == [package]
    ]
    return [layer.split(" | ") for layer in contract["layers"]]


def test_there_are_paths() -> None:
    assert len(named(PAGES[0])) > 100
    assert len(PAGES) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_paths_and_functions_exist(page: Path) -> None:
    assert sorted(one for one in named(page) if not exists(*one)) == []


def test_every_package_has_a_row() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    packages = [
        str(path.parent.relative_to(ROOT)).removeprefix("eligibility_api/")
        for root in PROJECT["tool"]["importlinter"]["root_packages"]
        for path in sorted((ROOT / root).glob("*/__init__.py"))
    ]
    assert len(packages) > 70
    assert [package for package in packages if f"`{package}/`" not in text] == []


@pytest.mark.parametrize(
    ("position", "package"), [(0, "eligibility_api"), (1, "clinic_terminal"), (2, "loadtest")]
)
def test_the_picture_is_the_order_of_packages(position: int, package: str) -> None:
    blocks = re.findall(r"^```\n(.*?)^```", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    pictures = [block for block in blocks if block.startswith("cli ")]
    assert len(pictures) == 3
    lines = [re.split(r" {2,}", line)[0].split(" | ") for line in pictures[position].splitlines()]
    assert lines == layers(package)
