"""`scripts/words` finds private words in names and texts of Python files and in catalogues."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WORDS = Path(__file__).parents[3] / "scripts" / "words"


def check(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(WORDS), *map(str, files)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("class UploadLane:\n    pass\n", "name UploadLane: use fast path"),
        ("def count(receipt_rows: int) -> None: ...\n", "name receipt_rows: use claim"),
        ("most_rows = 3\n", "name most_rows: use max_"),
        ('"""The keeper deletes counters."""\n', 'text "keeper": use scheduler'),
        ('app = Typer(help="Start the whole house.")\n', 'text "whole house": use stack'),
        ('Option(help=option_help("台帳", "Start the whole house."))\n', 'text "whole house": use stack'),
        ('Option(help=f"The {name} is told.")\n', 'text "is told": use payload'),
        ('Field(description="The answer is told.")\n', 'text "is told": use payload'),
        ('_DESCRIPTION = "台帳\\nThe keeper deletes counters."\n', 'text "keeper": use scheduler'),
        ('raise SomeError(Bilingual("台帳", "The keeper has ended."))\n', 'text "keeper": use scheduler'),
    ],
)
def test_a_planted_word_is_found_with_the_term_to_use(tmp_path: Path, planted: str, found: str) -> None:
    check_planted(tmp_path / "planted.py", planted, found)


def test_a_planted_word_of_a_catalogue_is_found(tmp_path: Path) -> None:
    check_planted(
        tmp_path / "en.toml",
        '[login]\ntitle = "Log in"\nexplain = "The keeper has ended."\n',
        ':3: text "keeper": use scheduler',
    )


def check_planted(file: Path, planted: str, found: str) -> None:
    file.write_text(planted)
    checked = check(file)
    assert checked.returncode == 1
    assert found in checked.stdout


@pytest.mark.parametrize(
    "ordinary",
    [
        "class Plane:\n    pass\n",  # a part of another word
        "def read(line: str, member: int) -> None: ...\n",  # a line of a file, an insured member
        'key = "receipts"\n',  # a single word is a key
        '"""Finds a member by number; the look-up is limited."""\n',
    ],
)
def test_ordinary_uses_pass(tmp_path: Path, ordinary: str) -> None:
    file = tmp_path / "ordinary.py"
    file.write_text(ordinary)
    checked = check(file)
    assert (checked.returncode, checked.stdout) == (0, "")
