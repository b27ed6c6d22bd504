"""The threat model names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "threat-model.md"

REFERENCES = sorted(
    set(
        re.findall(
            r"`(tests/[\w/.]*)(?:::(\w+))?`",
            PAGE.read_text(encoding="utf-8"),
        )
    )
)


def exists(path: str, function: str) -> bool:
    """Whether a test file has a function, or exists if none is named."""
    file = ROOT / path
    if not (function and file.exists()):
        return file.exists()
    return bool(re.search(rf"^(async )?def {function}\(", file.read_text(encoding="utf-8"), re.MULTILINE))


def test_each_named_test_exists() -> None:
    assert len(REFERENCES) > 50
    assert [reference for reference in REFERENCES if not exists(*reference)] == []


def test_an_unknown_test_is_found() -> None:
    here = str(Path(__file__).relative_to(ROOT))
    assert exists(here, "test_an_unknown_test_is_found")
    assert not exists(here, "test_an_absent_one")
    assert not exists("tests/absent.py", "")
