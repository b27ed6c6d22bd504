"""The threat model names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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


def test_there_are_references() -> None:
    assert len(REFERENCES) > 50


@pytest.mark.parametrize(("path", "function"), REFERENCES)
def test_each_named_test_exists(path: str, function: str) -> None:
    file = ROOT / path
    assert file.exists()
    if function:
        assert re.search(rf"^(async )?def {function}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
