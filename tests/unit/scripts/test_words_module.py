"""The rules of `scripts/words`: which names and texts of a file are read, and where a word may stand."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def load() -> Any:
    """The script as a module; its name has no suffix."""
    loader = SourceFileLoader("scripts_words", str(ROOT / "scripts" / "words"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[loader.name] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module


words = load()
SCHEDULER = words.Word(
    frozenset({"keeper"}),
    re.compile(r"\b(?:keepers?)\b", re.IGNORECASE),
    "scheduler",
    ("docs/*", "*/keep.py"),
)


def found(source: str, path: str = "package/module.py") -> list[str]:
    return list(words.findings(path, source, [SCHEDULER]))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def run(a, *b, c=1, **d): pass", ["run", "a", "c", "b", "d"]),
        ("async def run(): pass", ["run"]),
        ("class Keeper:\n    attribute: int = 3", ["Keeper", "attribute"]),
        ("x = y.z = 1", ["x", "z"]),
        ("for one in many: pass", ["one"]),
        ("with opened() as file: pass", ["file"]),
        ("[item for item in items]", ["item"]),
        ("(walrus := 1)", ["walrus"]),
        ("print(used.attribute)", []),
        ("import keeper", []),
        ("lambda argument: argument", ["argument"]),
    ],
)
def test_names_are_those_that_a_file_defines_and_not_those_it_uses(source: str, names: list[str]) -> None:
    assert sorted(name for _, name in words.names_of(ast.walk(ast.parse(source)))) == sorted(names)


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('"""A module."""', ["A module."]),
        ('def f():\n    """A function."""', ["A function."]),
        ('x = 1\n"""An attribute."""', ["An attribute."]),
        ('Option(help="A help.")', ["A help."]),
        ('Option(help="One" " text.")', ["One text."]),
        ('Option(metavar="NAME")', []),
        ('Option(help=option_help("台帳の名", "A name."))', ["A name."]),
        ('x = "a message"', ["a message"]),
        ('x = "key"', []),
        ("x = f'the name {y} of it'", ["the name ", " of it"]),
    ],
)
def test_texts_are_those_of_more_than_one_word(source: str, texts: list[str]) -> None:
    assert [text for _, text in words.texts_of(ast.walk(ast.parse(source)))] == texts


def test_texts_of_a_test_are_its_data_and_its_docstrings_are_read() -> None:
    assert found('"""The keeper."""\ncase = "a keeper"', "tests/unit/test_module.py") == [
        'tests/unit/test_module.py:1: text "keeper": use scheduler'
    ]


def test_a_text_of_two_words_is_found_on_two_lines() -> None:
    listed = words.read_words(ROOT / "scripts" / "words.toml")
    assert list(words.findings("a.py", '"""What is\n    told."""', listed)) == [
        'a.py:1: text "is told": use payload, answer, message, log; returns, reports, logs, shows'
    ]


@pytest.mark.parametrize(
    "name",
    [
        "keeper",
        "Keeper",
        "FundKeeper",
        "KEEPER",
        "fund_keeper",
        "HTTPKeeper",
        "keeper2",
        "_keeper",
        "keeper_of_x",
    ],
)
def test_a_word_is_found_within_a_compound_name(name: str) -> None:
    assert found(f"{name} = 1") == [f"package/module.py:1: name {name}: use scheduler"]


@pytest.mark.parametrize("name", ["keepers", "bookkeeper", "Housekeeperx", "keep", "kee_per"])
def test_another_word_that_contains_it_is_not_found(name: str) -> None:
    assert found(f"{name} = 1") == []


def test_a_text_is_found_on_its_own_line_in_any_case() -> None:
    source = '"""First line.\n\nThe KEEPER of keepers.\n"""\nx = 1\n'
    assert found(source) == [
        'package/module.py:3: text "KEEPER": use scheduler',
        'package/module.py:3: text "keepers": use scheduler',
    ]


@pytest.mark.parametrize("path", ["keeper.py", "keeper/module.py", "package/fund_keeper.py"])
def test_the_names_of_a_file_and_its_folders_are_names_too(path: str) -> None:
    [line] = found("", path)
    assert line.startswith(f"{path}:1: name ")


@pytest.mark.parametrize(
    ("path", "excepted"),
    [("docs/a.py", True), ("x/keep.py", True), ("x/y/keep.py", True), ("other/a.py", False)],
)
def test_files_with_the_ordinary_meaning_are_excepted(path: str, excepted: bool) -> None:
    assert (found("keeper = 1", path) == []) is excepted


def test_a_word_without_a_text_is_searched_in_names_alone() -> None:
    only_name = words.Word(frozenset({"lane"}), None, "fast path", ())
    assert list(words.findings("a.py", '"""A lane."""\nlane = 1', [only_name])) == [
        "a.py:2: name lane: use fast path"
    ]


def test_the_list_of_words_is_complete() -> None:
    entries = words.read_words(ROOT / "scripts" / "words.toml")
    assert len(entries) > 20
    for entry in entries:
        assert entry.use
        assert entry.names or entry.text
        assert all(name == name.lower() for name in entry.names)


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A repository of two files, of which one has a word that is not used, and of one that was deleted."""
    (tmp_path / "words.toml").write_text('[[word]]\nname = ["keeper"]\nuse = "scheduler"\n')
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text("keeper = 1\n")
    monkeypatch.setattr(words, "ROOT", tmp_path)
    monkeypatch.setattr(words, "WORDS", tmp_path / "words.toml")
    monkeypatch.setattr(words, "CACHE", tmp_path / "cache")
    listed = SimpleNamespace(stdout=b"good.py\0bad.py\0deleted.py\0")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: listed)
    return tmp_path


def test_without_arguments_every_python_file_of_the_repository_is_checked(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert words.main([]) == 1
        assert capsys.readouterr().out == "bad.py:1: name keeper: use scheduler\n"
    assert words.main(["good.py"]) == 0
    assert capsys.readouterr().out == ""


def test_a_clean_file_is_read_again_only_if_it_or_the_list_changed(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    findings = words.findings

    def noted(path: str, *more: Any) -> Any:
        parsed.append(path)
        return findings(path, *more)

    monkeypatch.setattr(words, "findings", noted)
    (repository / "bad.py").unlink()
    assert [words.main([]), words.main([])] == [0, 0]
    assert parsed == ["good.py"]
    (repository / "good.py").write_text("keeper = 1\n")
    assert words.main([]) == 1
    (repository / "good.py").write_text("x = 1\n")
    assert words.main([]) == 0
    (repository / "words.toml").write_text('[[word]]\nname = ["x"]\nuse = "y"\n')
    assert words.main([]) == 1
