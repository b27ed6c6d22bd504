"""The parts of `make deep`: every path exists, and every test file belongs to at least one part."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PARTS = {"rules", "fuzz", "doors", "exchange", "record", "clients", "failover"}


def parts() -> dict[str, list[Path]]:
    """The paths of each part, as tests/deep-parts lists them."""
    text = (ROOT / "tests" / "deep-parts").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^deep_(\w+) = (.*)$", text, re.MULTILINE)
    return {name: [ROOT / path for path in paths.split()] for name, paths in lines}


def test_the_parts_are_those_that_the_makefile_names() -> None:
    assert parts().keys() == PARTS
    assert f"PART is one of: {' '.join(parts())}" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_path_of_a_part_exists() -> None:
    assert [path for paths in parts().values() for path in paths if not path.exists()] == []


def test_every_test_file_belongs_to_a_part() -> None:
    listed = {path for paths in parts().values() for path in paths}
    files = list((ROOT / "tests").rglob("test_*.py"))
    assert len(files) > 100
    assert [file for file in files if not listed & {file, *file.parents}] == []
