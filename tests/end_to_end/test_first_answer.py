"""The programs of `docs/first-answer.md`, run as written: by number and by card, in four languages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shikaku.clock import today
from shikaku.persons.dataset import load_dataset
from shikaku.stack import PIN
from tests.builders.stack import PopulatedStack

ROOT = Path(__file__).parents[2]
PAGE, JAPANESE_PAGE = (ROOT / "docs" / name for name in ("first-answer.md", "first-answer.ja.md"))
PERSON = "P01-valid"
ANSWERS = ["1 試験　有効", "1 試験　有効"]
"""By number and by card."""

ENVIRONMENT_LINE = ". var/demo.env\n"
CARDS = "var/demo/cards/"
MCS = "mcs -r:System.Net.Http,System.Runtime.Serialization,System.Xml,System.Xml.Linq"


def programs(page: Path) -> dict[str, str]:
    """The programs of a page by language."""
    found = re.findall(
        r"<!-- program: (\w+) -->\n\n```\w+\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(found) == len(dict(found))
    return dict(found)


def test_both_pages_have_the_same_programs_in_four_languages() -> None:
    assert set(programs(PAGE)) == {"sh", "python", "js", "csharp"}
    assert programs(PAGE) == programs(JAPANESE_PAGE)


@pytest.fixture(scope="module")
def registered(stack: PopulatedStack) -> PopulatedStack:
    """The stack with the person of the page, whose card is registered as in the demo."""
    person = stack.enrol_person(load_dataset(today()), PERSON)
    report = stack.tap("--card", stack.cards / person.card_file, "--register")
    assert report["exit_code"] == 0
    return stack


@pytest.fixture
def run(registered: PopulatedStack) -> Callable[..., list[str]]:
    """Runs a program against this stack in place of the demo's; returns the lines that it printed."""

    def started(*command: str | Path, folder: Path = ROOT) -> list[str]:
        done = subprocess.run(
            command,
            cwd=folder,
            env=registered.environment | {"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return started


def program(language: str, stack: PopulatedStack) -> str:
    """The page's program, with this stack's cards."""
    text = programs(PAGE)[language]
    assert CARDS in text
    return text.replace(CARDS, f"{stack.cards}/")


def missing(*tools: str) -> pytest.MarkDecorator:
    absent = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)}")


@missing("curl", "openssl")
@pytest.mark.parametrize("shell", ["sh", pytest.param("bash", marks=missing("bash"))])
def test_curl(run: Callable[..., list[str]], registered: PopulatedStack, shell: str) -> None:
    text = program("sh", registered)
    assert text.startswith(ENVIRONMENT_LINE)
    assert run(shell, "-euc", text.removeprefix(ENVIRONMENT_LINE)) == ANSWERS


def test_python(run: Callable[..., list[str]], registered: PopulatedStack) -> None:
    assert run(sys.executable, "-X", "utf8", "-c", program("python", registered)) == ANSWERS


@missing("node")
def test_javascript(run: Callable[..., list[str]], registered: PopulatedStack, tmp_path: Path) -> None:
    file = tmp_path / "first-answer.mjs"
    file.write_text(program("js", registered), encoding="utf-8")
    assert run("node", file) == ANSWERS


@missing("dotnet")
def test_csharp(run: Callable[..., list[str]], registered: PopulatedStack, tmp_path: Path) -> None:
    run("dotnet", "new", "console", "--output", tmp_path / "answer")
    text = program("csharp", registered).replace(".venv/bin/", f"{ROOT}/.venv/bin/")
    (tmp_path / "answer" / "Program.cs").write_text(text, encoding="utf-8")
    assert run("dotnet", "run", folder=tmp_path / "answer") == ANSWERS


@missing("mcs", "mono")
def test_csharp_with_mono(run: Callable[..., list[str]], registered: PopulatedStack, tmp_path: Path) -> None:
    """As the page says: a token is given, since Mono cannot sign."""
    command = f"{MCS} FirstAnswer.cs"
    assert command in PAGE.read_text(encoding="utf-8")
    (tmp_path / "FirstAnswer.cs").write_text(program("csharp", registered), encoding="utf-8")
    run(*command.split(), folder=tmp_path)
    token = registered.run("clinic-terminal", "token").stdout.strip()
    assert run("env", f"TOKEN={token}", "mono", tmp_path / "FirstAnswer.exe") == ANSWERS


@missing("node")
def test_a_program_shows_why_it_was_refused(registered: PopulatedStack, tmp_path: Path) -> None:
    """The page's advice holds: the claim at fault is named."""
    file = tmp_path / "first-answer.mjs"
    file.write_text(
        program("js", registered)
        .replace("exp: now + 60", "exp: now - 1")
        .replace("${answer.title}", "${answer.error_description}"),
        encoding="utf-8",
    )
    done = subprocess.run(
        ["node", file], cwd=ROOT, env=registered.environment | {"PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "body.client_assertion.exp (expired)" in done.stderr
    assert PIN not in done.stderr
