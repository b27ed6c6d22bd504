"""Every command of `payer-mock`: help in both languages, refused words, and messages that repeat no value."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from payer_mock.cli import Dependencies, app
from payer_mock.population.files import Population
from tests.builders.residents import residents_file
from tests.unit.payer_mock.builders import OTHER_INSURER, credential, line, members_file
from tests.unit.payer_mock.fake_uploads import UPLOAD_ID, FakeUploads

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def run(*words: str | Path, fund: FakeUploads | None = None) -> Result:
    dependencies = Dependencies(make_transport=(fund or FakeUploads()).transport, wait=lambda _: None)
    return CliRunner().invoke(app, [str(word) for word in words], obj=dependencies, env={"COLUMNS": "200"})


def plain(result: Result) -> str:
    return " ".join(re.sub("[\u2500-\u257f]", " ", result.output).split())


def test_all_commands_are_listed_with_the_purpose_of_the_program() -> None:
    text = plain(run("--help"))
    assert len(COMMANDS) > 20
    assert all(name in text for name in COMMANDS)
    assert "An insurer's program: registers members, claims and health check-ups with the fund." in text
    assert "保険者のプログラム" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_help_begins_in_japanese_and_has_an_english_sentence(name: str) -> None:
    japanese, *others = (COMMANDS[name].help or "").split("\n\n")
    assert run(name, "--help").exit_code == 0
    assert JAPANESE.search(japanese)
    assert japanese.strip().endswith("。")
    english = [text.strip() for text in others if text.strip()[0].isascii()]
    assert english
    assert english[0].endswith(".")


def test_every_option_with_a_help_has_it_in_both_languages() -> None:
    assert COMMANDS
    for name in COMMANDS:
        for option in COMMANDS[name].params:
            if option.name == "help" or not getattr(option, "help", None):
                continue
            japanese, separator, english = option.help.rpartition(" / ")
            assert separator, option.name
            assert JAPANESE.search(japanese), option.name
            assert english.strip(), option.name


@pytest.mark.parametrize(
    "name", [name for name, one in COMMANDS.items() if any(p.required for p in one.params)]
)
def test_a_command_without_its_arguments_is_wrong_usage(name: str) -> None:
    fund = FakeUploads()
    assert run(name, fund=fund).exit_code == 2
    assert fund.calls == []


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_wrong_usage(name: str) -> None:
    fund = FakeUploads()
    assert run(name, "--unknown", fund=fund).exit_code == 2
    assert fund.calls == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("changes", "--limit", "0"), "--limit"),
        (("changes", "--limit", "many"), "--limit"),
        (("confirm", "not-a-uuid"), "ENROLMENT"),
        (("upload", "missing.csv"), "FILE"),
        (("enrol", "."), "FILE"),
        (("load", "--people", "0"), "--people"),
        (("load", "--seed", "-1"), "--seed"),
        (("load-claims", "--months", "0"), "--months"),
        (("load-claims", "--months", "61"), "--months"),
        (("checkups-files", ".", "--out", "x", "--year", "1999"), "--year"),
        (("checkups-files", ".", "--out", "x", "--year", "2101"), "--year"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_option(words: tuple[str, ...], named: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert named in plain(done)


@pytest.mark.parametrize("option", ["--encoding", "--scope", "--bad-rows", "--publish"])
def test_how_a_file_is_read_is_one_of_the_listed_words(tmp_path: Path, option: str) -> None:
    fund = FakeUploads()
    done = run("upload", members_file(tmp_path, line()), option, "otherwise", fund=fund)
    assert (done.exit_code, fund.calls) == (2, [])


MONTHS = ["", "2026", "2026-1", "2026-13", "2026-00", "26-10", "1999-12", "2101-01", "0001-01", "9999-12", "2026-10-01",
          "../../2026-10", "２０２６-10", "2026/10", " 2026-10"]  # fmt: skip


@pytest.mark.parametrize("month", MONTHS)
def test_a_month_is_written_as_yyyy_mm_and_nothing_is_made_for_another(tmp_path: Path, month: str) -> None:
    residents, _ = residents_file(tmp_path, 5)
    generated = run(
        "population", "--residents", residents, "--out", tmp_path / "population", "--month", month
    )
    (tmp_path / "empty").mkdir()
    claims = run("claims-files", tmp_path / "empty", "--month", month, "--out", tmp_path / "claims")
    for done in (generated, claims):
        assert done.exit_code == 2
        assert "YYYY-MM" in plain(done)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["empty"]


@pytest.fixture
def without_files(tmp_path: Path) -> Path:
    """A population whose member files were deleted."""
    folder = tmp_path / "population"
    folder.mkdir()
    Population(100, 1, "2026-10").save(folder)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ("next-month", "--population", "{}"),
        ("claims-files", "{}", "--month", "2026-11", "--out", "{}/out"),
        ("checkups-files", "{}", "--year", "2026", "--out", "{}/out"),
    ],
    ids=lambda words: words[0],
)
def test_a_population_without_its_member_files_is_reported_and_not_taken_for_an_empty_one(
    without_files: Path, words: tuple[str, ...]
) -> None:
    done = run(*(word.format(without_files) for word in words))
    assert done.exit_code == 2
    assert "member files are missing" in plain(done)
    assert [path.name for path in without_files.iterdir()] == ["population.json"]


@pytest.mark.parametrize(
    "words",
    [("next-month", "--population", "{}"), ("checkups-files", "{}", "--year", "2026", "--out", "{}/o")],
)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"people": "many", "seed": 1, "month": "2026-10"}',
        '{"people": 5, "seed": 1, "month": "10"}',
    ],
)
def test_a_damaged_description_of_a_population_is_reported(
    tmp_path: Path, words: tuple[str, ...], text: str
) -> None:
    (tmp_path / "population.json").write_text(text)
    done = run(*(word.format(tmp_path) for word in words))
    assert done.exit_code == 2
    assert "this folder has no population" in plain(done)


@pytest.mark.parametrize("changes", [{"sex": "3"}, {"name": 5}, {"birth_date": 19800101}, {"address": None}])
def test_a_residents_file_with_other_values_is_reported_by_line(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    residents, people = residents_file(tmp_path, 3)
    lines = [one.model_dump_json() for one in people]
    lines[1] = one_changed(lines[1], changes)
    residents.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run("population", "--residents", residents, "--out", tmp_path / "population", "--month", "2026-10")
    assert done.exit_code == 2
    assert "line 2 is not a resident" in plain(done)


def one_changed(text: str, changes: dict[str, object]) -> str:
    return json.dumps(json.loads(text) | changes, ensure_ascii=False)


@pytest.mark.parametrize("command", ["upload-status", "faults", "publish", "seen-by"])
def test_several_insurers_need_the_option_that_names_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    credential(OTHER_INSURER).save(tmp_path / "other.json")
    monkeypatch.setenv("PAYER_CREDENTIAL", f"{tmp_path / 'payer.json'}:{tmp_path / 'other.json'}")
    fund = FakeUploads()
    done = run(command, UPLOAD_ID, fund=fund)
    assert (done.exit_code, fund.calls) == (2, [])
    assert "--insurer で保険者番号を指定してください。" in done.stderr
    assert "Credentials of several insurers: add --insurer NUMBER." in done.stderr


@pytest.mark.parametrize("variable", ["PAYER_CREDENTIAL", "PAYER_FUND_URL"])
def test_a_missing_setting_is_named_in_both_languages(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.delenv(variable)
    done = run("stats")
    assert done.exit_code == 2
    assert "設定にエラーがあります。" in done.stderr
    assert f"The settings are incomplete or wrong: {variable}" in done.stderr


@pytest.mark.parametrize("port", ["-1", "1", "1023", "65536"])
def test_a_port_that_no_webhook_may_name_is_refused(port: str) -> None:
    """Rule E3."""
    result = run("listen", "--port", port)
    assert result.exit_code == 2
    assert "65535" in plain(result)
