"""Tables of settings from their classes: variables, defaults, units and meanings; the licences' command."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from eligibility_api.platform.described_settings import meaning, unit, variables
from eligibility_api.platform.sql import Statement
from scripts import generate_docs, licences, sql_docs
from scripts.generate_docs import settings_classes
from scripts.licences import LicenceError, locked


class Example(BaseSettings):
    """Settings of an example.

    `EXAMPLE_FOLDER`: where the files are, one for each insurer. `EXAMPLE_RATIO`: share of rows. More text.
    """

    model_config = SettingsConfigDict(env_prefix="EXAMPLE_")

    folder: Path
    ratio: float = 0.25
    timeout_seconds: float = Field(default=1.5, description="How long a call may take.")
    url: str = Field(default="", validation_alias=AliasChoices("FUND_URL", "DATABASE_URL"))
    pin: SecretStr = Field(default=SecretStr("1234"), validation_alias="EXAMPLE_PIN")
    names: tuple[str, ...] = ()
    other: str | None = None


def rows() -> dict[str, list[str]]:
    """The cells of the example's table by the first cell."""
    lines = generate_docs._table("example", Example).splitlines()
    table = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")
    ]
    return {cells[0]: cells[1:] for cells in table}


def test_a_variable_has_the_prefix_of_its_class_or_its_own_names() -> None:
    assert [*rows()] == [
        "`EXAMPLE_FOLDER`", "`EXAMPLE_RATIO`", "`EXAMPLE_TIMEOUT_SECONDS`", "`FUND_URL` or `DATABASE_URL`", "`EXAMPLE_PIN`",
        "`EXAMPLE_NAMES`", "`EXAMPLE_OTHER`",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "default"),
    [
        ("`EXAMPLE_FOLDER`", "required"),
        ("`EXAMPLE_RATIO`", "`0.25`"),
        ("`FUND_URL` or `DATABASE_URL`", "–"),
        ("`EXAMPLE_PIN`", "`1234`"),
        ("`EXAMPLE_NAMES`", "–"),
        ("`EXAMPLE_OTHER`", "–"),
    ],
)
def test_a_default_is_shown_as_it_is_written(variable: str, default: str) -> None:
    assert rows()[variable][0] == default


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("folder", "Where the files are, one for each insurer."),
        ("ratio", "Share of rows."),
        ("timeout_seconds", "How long a call may take."),
        ("names", ""),
    ],
)
def test_a_meaning_is_the_description_or_what_the_docstring_states(name: str, text: str) -> None:
    assert meaning(Example, f"EXAMPLE_{name.upper()}", Example.model_fields[name]) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("undo_window_days", "days"),
        ("crl_refresh_seconds", "seconds"),
        ("seconds", ""),
        ("hold_min_rows", "rows"),
        ("rows_per_day", "per day"),
        ("max_invalid_ratio", "ratio, 0 to 1"),
        ("fill_drop", "ratio, 0 to 1"),
        ("pool_connections", "connections"),
        ("jlis_url", "URL"),
        ("seconds_of", ""),
        ("bytes", ""),
    ],
)
def test_a_unit_is_the_end_of_a_name(name: str, text: str) -> None:
    assert unit(name) == text


def test_every_setting_of_every_program_has_a_meaning() -> None:
    found = list(settings_classes())
    assert len(found) >= 5
    missing = [
        f"{package}: {name}"
        for package, model in found
        for name, field in model.model_fields.items()
        if not meaning(model, variables(model, name, field)[0], field)
    ]
    assert missing == []


def test_documents_and_statements_are_written_where_they_belong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "eligibility_api" / "sql").mkdir(parents=True)
    monkeypatch.setattr(sql_docs, "FILES", {"a.sql": lambda: "SELECT 1;\n"})
    monkeypatch.setattr(generate_docs, "ROOT", tmp_path)
    monkeypatch.setattr(generate_docs, "DOCUMENTS", {"a.md": lambda: "文書\n", "b.json": lambda: "{}\n"})
    generate_docs.main()
    assert (tmp_path / "docs" / "a.md").read_text(encoding="utf-8") == "文書\n"
    assert (tmp_path / "docs" / "b.json").read_text() == "{}\n"
    assert (tmp_path / "eligibility_api" / "sql" / "a.sql").read_text() == "SELECT 1;\n"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("\nSELECT :b,\n\n    :a  \n", ["-- Parameters: :b, :a.", "SELECT :b,", "    :a;"]),
        ("WITH a AS (\n)\n, \nb AS (\n)", ["-- Parameters: none.", "WITH a AS (", "),", "b AS (", ");"]),
        (
            f"    SELECT {'x' * 80}, {'y' * 80}, z\n-- {'w ' * 80}",
            [
                "-- Parameters: none.",
                f"    SELECT {'x' * 80},",
                f"        {'y' * 80}, z",
                f"-- {'w ' * 80}".rstrip() + ";",
            ],
        ),
    ],
    ids=["blank lines", "commas", "long lines"],
)
def test_a_statement_is_rendered_to_be_read(source: str, lines: list[str]) -> None:
    assert sql_docs.rendered(Statement.of(source)).splitlines()[1:] == lines


LOCK = "--index-url x\nannotated-types==0.7.0 \\\n    --hash=sha256:00\nuvicorn[standard]==0.54 ; python_version > '3'\n# via x\n"


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two locks and a page, of packages that are all licensed under MIT."""
    (tmp_path / "demo-linux.txt").write_text(LOCK)
    (tmp_path / "test-linux.txt").write_text(f"{LOCK}pytest==9.2\n")
    monkeypatch.setattr(licences, "LOCKS", tmp_path)
    monkeypatch.setattr(licences, "of_clients", lambda *_: [])
    monkeypatch.setattr(licences, "PAGE", tmp_path / "licences.md")
    monkeypatch.setattr(
        licences, "page", lambda packages, _: "".join(f"{package.name}\n" for package in packages)
    )
    return tmp_path


def test_packages_are_read_from_all_locks_and_the_demo_s_are_marked(locks: Path) -> None:
    assert [(one.name, one.version, one.needed_by) for one in locked(locks)] == [
        ("annotated-types", "0.7.0", "demo, tests"), ("pytest", "9.2", "tests"), ("uvicorn", "0.54", "demo, tests"),
    ]  # fmt: skip
    assert locked(locks / "nothing") == []


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["licences", *words])
    return licences.main()


def test_the_page_is_written_once_and_then_up_to_date(
    locks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--check") == 1
    assert "out of date: run `make licences`" in capsys.readouterr().err
    assert not (locks / "licences.md").exists()
    assert run(monkeypatch) == 0
    assert (locks / "licences.md").read_text() == "annotated-types\npytest\nuvicorn\n"
    assert run(monkeypatch, "--check") == 0
    (locks / "licences.md").write_text("other\n")
    assert run(monkeypatch, "--check") == 1
    assert (locks / "licences.md").read_text() == "other\n"


@pytest.mark.parametrize("words", [(), ("--check",)])
def test_a_licence_that_is_not_allowed_writes_nothing(
    locks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    def refuse(*_: object) -> str:
        raise LicenceError("sample: AGPL-3.0-only is not in the allow-list")

    monkeypatch.setattr(licences, "page", refuse)
    assert run(monkeypatch, *words) == 1
    assert "AGPL-3.0-only" in capsys.readouterr().err
    assert not (locks / "licences.md").exists()


def test_a_variable_that_is_read_without_a_settings_class_is_on_a_page() -> None:
    pages = " ".join(page.read_text(encoding="utf-8") for page in (generate_docs.ROOT / "docs").glob("*.md"))
    read = {
        variable
        for package in generate_docs.PACKAGES
        for module in (generate_docs.ROOT / package).rglob("*.py")
        for variable in re.findall(
            r'environ(?:\.get\(|\[)"((?:FUND|JPKI|LOADTEST|PAYER|TERMINAL)_\w+)"',
            module.read_text(encoding="utf-8"),
        )
    }
    assert read
    assert sorted(variable for variable in read if f"`{variable}`" not in pages) == []
