"""Files for newcomers: typing markers, links between the pages, automation without private addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

PAGES = [
    *(
        ROOT / name
        for name in ("CHANGELOG.md", "CONTRIBUTING.md", "README.ja.md", "README.md", "SECURITY.md")
    ),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    *sorted((ROOT / "deploy").rglob("*.md")),
]
MAX_README_LINES = 90


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_ships_its_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def broken_links(page: Path) -> list[str]:
    """The links of a page that lead to no file, with the page."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in link]
    return [f"{page.relative_to(ROOT)}: {link}" for link in links if not (page.parent / link).exists()]


def test_links_lead_to_files() -> None:
    assert len(PAGES) > 100
    assert [link for page in PAGES for link in broken_links(page)] == []


def cells(row: str) -> int:
    """The cells of a table's row; a bar in code or behind a backslash divides nothing."""
    return len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", row.strip()))) - 1


def ragged_rows(page: Path) -> list[str]:
    """The rows that have other than their table's head's number of cells, with the page."""
    text = re.sub(
        r"```.*?```", lambda block: "\n" * block[0].count("\n"), page.read_text(encoding="utf-8"), flags=re.S
    )
    found, head = [], 0
    for number, row in enumerate(text.splitlines(), 1):
        head = (head or cells(row)) if row.startswith("|") else 0
        if head and cells(row) != head:
            found.append(f"{page.relative_to(ROOT)}:{number}: {cells(row)} cells of {head}")
    return found


def test_the_rows_of_a_table_have_as_many_cells_as_its_head() -> None:
    assert sum("\n|" in page.read_text(encoding="utf-8") for page in PAGES) > 50
    assert [row for page in PAGES for row in ragged_rows(page)] == []


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_a_readme_is_read_in_one_go(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


def test_the_journeys_of_contributing_name_existing_files() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`([\w./-]+/[\w.-]*)`", text)
    assert len(paths) > 100
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", [".github/workflows/ci.yml", ".pre-commit-config.yaml"])
def test_automation_names_no_machine_and_no_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://|index-url|(?<![\w.])/(?:root|home|usr|opt|tmp|work)\b", text) == []


def test_every_lint_is_a_hook_too() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lints = re.findall(
        r"'([^']+)'", "".join(re.findall(r"^(?:typed|lints) = ((?:.*\\\n)*.*)", makefile, re.MULTILINE))
    )
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    programs = {" ".join(word for word in lint.split() if not word.startswith("-")) for lint in lints}
    assert {"python scripts/words", "mypy", "lint-imports"} <= programs
    assert [one for one in programs if f"entry: .venv/bin/{one.removesuffix(' .')}" not in hooks] == []


def test_the_container_names_no_registry() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert re.findall(r"https?://|index-url|\bARG BASE=", text) == []
