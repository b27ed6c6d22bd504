"""docs/architecture.md: every path and function that it names exists, and its pictures are the orders of packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

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


CONTRACTS: list[dict[str, Any]] = PROJECT["tool"]["importlinter"]["contracts"]

PICTURES = {
    "Inside the fund: the order of packages": "eligibility_api",
    "Packages of the terminal": "clinic_terminal",
    "The terminal's screens": "clinic_terminal.pages",
    "Packages of J-LIS": "jpki_mock",
    "Packages of the insurers' program": "payer_mock",
    "Packages of the load laboratory": "loadtest",
    "Packages of the screens": "screens",
    "The sandbox's console": "sandbox",
    "The package that runs all of them": "shikaku",
}
"""The headings under which an order is shown, and whose it is."""


def layers(package: str) -> list[list[str]]:
    """The order inside of a package that import-linter enforces, of everything in it."""
    [contract] = [one for one in CONTRACTS if one.get("containers") == [package] and one.get("exhaustive")]
    return [layer.split(" | ") for layer in contract["layers"]]


def picture(heading: str) -> list[list[str]]:
    """The first block under a heading, without the explanation of each line."""
    found = re.search(
        rf"^##+ {heading}\n(.*?)(?=^##|\Z)", PAGES[0].read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    block = re.findall(r"^```\n(.*?)^```", found[1], re.MULTILINE | re.DOTALL)[0]
    return [re.split(r" {2,}", line)[0].split(" | ") for line in block.splitlines()]


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


def test_every_program_has_an_order() -> None:
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) <= set(PICTURES.values())


@pytest.mark.parametrize(("heading", "package"), PICTURES.items(), ids=PICTURES.values())
def test_the_picture_is_the_order_of_packages(heading: str, package: str) -> None:
    assert picture(heading) == layers(package)


def test_no_order_has_exceptions_and_no_folder_imports_in_a_circle() -> None:
    orders = [one for one in CONTRACTS if one["type"] in {"acyclic_siblings", "layers"}]
    assert [one["name"] for one in orders if "ignore_imports" in one or "skip_descendants" in one] == []
    [acyclic] = [one for one in orders if one["type"] == "acyclic_siblings"]
    assert acyclic["ancestors"] == PROJECT["tool"]["importlinter"]["root_packages"]
