"""Every command's help, and every command line that is refused before anything is read, written or connected to."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import typer
from typer.core import TyperGroup, TyperOption
from typer.testing import CliRunner, Result

from eligibility_api.cli import app, main
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.platform.errors import OperatorError

COMMAND = typer.main.get_command(app)
CONSENT = str(UUID(int=1))
INSTITUTION, INSURER = "1311111114", "01130012"


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group with the words that call it."""
    yield words, command
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from commands(inner, (*words, name))


ALL = dict(commands(COMMAND))
GROUPS = [words for words, command in ALL.items() if isinstance(command, TyperGroup)]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home, so that no command finds keys or a database."""
    monkeypatch.setenv("FUND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FUND_DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "home"


def run(*words: str, input: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=input)


def plain(text: str) -> str:
    """A help text without frames, colours and line breaks."""
    return re.sub(r"[\s│╭╮╰╯─]+", " ", re.sub(r"\x1b\[[0-9;]*m", "", text))


def test_the_commands_are_those_that_operators_know() -> None:
    assert {" ".join(words) for words in ALL if words not in GROUPS} == {
        "serve", "settings", "db-connections", "backup", "restore", "verify", "migrate", "database prepare", "keys init", "keys export", "keys rotate-challenge", "keys rotate-token", "keys rotate-checkpoint",
        "facility add", "facility close", "insurer add", "insurer twins", "insurer join", "insurer match-again", "registration take-over", "client close", "client certify", "client rotate",
        "audit recompute", "audit known", "audit export", "audit verify", "audit witness", "audit add-cosignatures",
        "operator add", "operator end", "operator list", "audit report",
        "disaster open", "disaster extend", "disaster close", "disaster list", "consent export", "consent verify",
        "drug-master load", "drug-master status", "webhook-target allow", "webhook-target forbid", "webhook-target list",
            "downtime plan", "downtime list", "downtime cancel",
    }  # fmt: skip


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_explains_itself_and_each_of_its_options(words: tuple[str, ...], home: Path) -> None:
    shown = run(*words, "--help")
    assert shown.exit_code == 0
    text = plain(shown.stdout)
    for parameter in ALL[words].params:
        if isinstance(parameter, TyperOption):
            assert parameter.help, parameter.name
            assert max(parameter.opts, key=len) in text
    assert len((ALL[words].help or "").splitlines()[0]) > 10
    assert not home.exists()


@pytest.mark.parametrize("words", GROUPS, ids=" ".join)
def test_a_group_alone_shows_its_help_and_does_nothing(words: tuple[str, ...], home: Path) -> None:
    shown = run(*words)
    assert shown.exit_code == 2
    assert "Usage" in shown.output
    assert not home.exists()


@pytest.mark.parametrize("words", GROUPS, ids=" ".join)
def test_an_unknown_command_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert run(*words, "reboot").exit_code == 2


FACILITY = ("facility", "add", "--institution-code", INSTITUTION, "--name", "試験医院")
INSURER_ADD = ("insurer", "add", "--insurer-number", INSURER, "--name", "架空健康保険")
OPERATOR = (
    "operator",
    "add",
    "--institution-code",
    INSTITUTION,
    "--operator",
    "見本",
    "--authorised-by",
    "院長",
)
DISASTER = ("disaster", "open", "--reason", "地震", "--opened-by", "見本")
KNOWN = ("audit", "known", "--institution-code", INSTITUTION)
AT, ON = ("--known-at", "2026-11-01T00:00:00+09:00"), ("--as-of", "2026-10-01")

BAD_TEXTS = ("", " ", "　", "架空\n医院", "架空\x07", "長" * 201)
NO_TEXTS = BAD_TEXTS[2:4]
"""Two of them: every text is checked by the same function."""

REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("serve", "--workers", "0"), "--workers"),
    (("serve", "--workers", "two"), "--workers"),
    (("serve", "--port", "65536"), "--port"),
    (("serve", "--port", "-1"), "--port"),
    (("db-connections", "--workers", "0"), "--workers"),
    (("facility", "add"), "--from and --out-dir"),
    (FACILITY, "--out"),
    ((*FACILITY[:4], "--out", "t.json"), "--name"),
    (("facility", "add", "--from", "f.csv"), "--out-dir"),
    (("facility", "add", "--out-dir", "d"), "--from"),
    # No option is accepted without effect: one facility or many, one insurer or many.
    *(
        (("facility", "add", "--from", "f.csv", "--out-dir", "d", *other), "--from and --out-dir")
        for other in (
            FACILITY[2:4],
            FACILITY[4:],
            ("--out", "t"),
            ("--kind", "clinic"),
            ("--rights", "consent"),
        )
    ),
    *(
        ((*FACILITY, "--out", "t.json", *other), "--from and --out-dir")
        for other in (("--from", "f.csv"), ("--out-dir", "d"))
    ),
    *(
        (("insurer", "add", "--from", "f.csv", "--out-dir", "d", *other), "--from and --out-dir")
        for other in (INSURER_ADD[2:4], INSURER_ADD[4:], ("--out", "p"), ("--approver",))
    ),
    *(
        ((*INSURER_ADD, "--out", "p.json", *other), "--from and --out-dir")
        for other in (("--from", "f.csv"), ("--out-dir", "d"), ("--approvers-out-dir", "d"))
    ),
    ((*FACILITY[:3], "1311111115", *FACILITY[4:], "--out", "t.json"), "check digit"),
    ((*FACILITY[:3], "131111111", *FACILITY[4:], "--out", "t.json"), "ten digits"),
    ((*FACILITY[:3], "協1312345-0-0", *FACILITY[4:], "--out", "t.json"), "eligibility-only"),
    ((*FACILITY[:3], "13111111145", *FACILITY[4:], "--out", "t.json"), "ten digits"),
    ((*FACILITY, "--out", "t.json", "--kind", "cinema"), "cinema"),
    ((*FACILITY, "--out", "t.json", "--rights", "everything"), "--rights"),
    ((*FACILITY, "--out", "t.json", "--rights", ""), "--rights"),
    *(((*FACILITY[:5], name, "--out", "t.json"), "1 to 200 characters") for name in BAD_TEXTS),
    *(((*INSURER_ADD[:5], name, "--out", "p.json"), "1 to 200 characters") for name in NO_TEXTS),
    *(
        (("disaster", "open", "--prefectures", "01", "--reason", text, "--opened-by", "見本"), "--reason")
        for text in NO_TEXTS
    ),
    *(
        (("disaster", "open", "--prefectures", "01", "--reason", "地震", "--opened-by", text), "--opened-by")
        for text in NO_TEXTS
    ),
    *((("disaster", "extend", "1", "--extended-by", text), "--extended-by") for text in NO_TEXTS),
    *((("disaster", "close", "1", "--closed-by", text), "--closed-by") for text in NO_TEXTS),
    (("facility", "close"), "institution_code"),
    (("facility", "close", "1311111115"), "ten digits"),
    (("facility", "close", "協1312345"), "registration number"),
    ((*INSURER_ADD[:3], "51136018", *INSURER_ADD[4:], "--out", "t.json"), "of a law that exists"),
    (("insurer", "join"), "NUMBER"),
    (("client", "close", "terminal-1"), "valid UUID"),
    (("client", "close"), "client_id"),
    (("insurer", "add"), "--from and --out-dir"),
    (INSURER_ADD, "--out"),
    (("insurer", "add", "--from", "i.csv"), "--out-dir"),
    ((*INSURER_ADD[:3], "01130013", *INSURER_ADD[4:], "--out", "p.json"), "check digit"),
    ((*INSURER_ADD[:3], "0113001", *INSURER_ADD[4:], "--out", "p.json"), "six or eight digits"),
    (("audit", "recompute", "--record", "4711"), "--record"),
    ((*KNOWN, *AT), "--as-of"),
    ((*KNOWN, *ON), "--known-at"),
    ((*KNOWN, "--known-at", "2026-11-01", *ON), "--known-at"),
    ((*KNOWN, "--known-at", "2026-11-01T00:00:00", *ON), "--known-at"),
    ((*KNOWN, *AT, "--as-of", "2026-02-30"), "--as-of"),
    ((*KNOWN, *AT, "--as-of", "2026-10-01T00:00"), "--as-of"),
    (OPERATOR, "--medical"),
    (OPERATOR[:-2], "--authorised-by"),
    (("operator", "end", "--institution-code", INSTITUTION), "--operator"),
    (("operator", "end", "--institution-code", INSTITUTION, "--operator", " "), "1 to 60 characters"),
    (("operator", "end", "--institution-code", INSTITUTION, "--operator", "長" * 61), "1 to 60 characters"),
    (("operator", "list"), "--institution-code"),
    (DISASTER, "--prefectures"),
    *(
        ((*DISASTER, "--prefectures", numbers), "01 to 47")
        for numbers in ("", "0", "48", "1", "01,01", "01;02", "全国")
    ),
    *(((*DISASTER, "--prefectures", "01", "--days", days), "--days") for days in ("0", "32", "-1", "week")),
    (("disaster", "extend", "1"), "--extended-by"),
    (("disaster", "extend", "one", "--extended-by", "見本"), "valid integer"),
    (("disaster", "close", "1"), "--closed-by"),
    (("disaster", "close", "--closed-by", "見本"), "number"),
    (("consent", "export", "1"), "valid UUID"),
    (("consent", "export"), "consent_id"),
    (("consent", "verify"), "file"),
    (("drug-master", "load", "missing.csv"), "cannot be read"),
    (("drug-master", "load", "a.csv", "b.csv"), "b.csv"),
    (("migrate", "--force"), "--force"),
]


@pytest.mark.parametrize(("words", "named"), REFUSED, ids=[repr(" ".join(words)) for words, _ in REFUSED])
def test_a_wrong_command_line_is_a_usage_error_that_names_what_is_wrong(
    words: tuple[str, ...], named: str, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run(*words)
    assert refused.exit_code == 2, refused.output
    assert named in plain(refused.stderr)
    assert [path.name for path in tmp_path.iterdir() if path != home] == []


@pytest.mark.parametrize("rights", [*Right, "eligibility, registration", "eligibility,consent"])
def test_known_rights_pass_with_or_without_spaces(rights: str, tmp_path: Path) -> None:
    stopped = run(*FACILITY, "--out", str(tmp_path / "t.json"), "--rights", rights)
    assert isinstance(stopped.exception, OperatorError)
    assert "keys init" in str(stopped.exception) or "start the service first" in str(stopped.exception)


@pytest.mark.parametrize("kind", FacilityKind)
def test_every_kind_of_facility_can_be_named(kind: FacilityKind, tmp_path: Path) -> None:
    stopped = run(*FACILITY, "--out", str(tmp_path / "t.json"), "--kind", kind.value)
    assert isinstance(stopped.exception, OperatorError)


WITHOUT_SERVICE: list[tuple[str, ...]] = [
    ("migrate",),
    ("facility", "close", INSTITUTION),
    ("client", "close", CONSENT),
    (*INSURER_ADD, "--out", "p.json"),
    ("operator", "list", "--institution-code", INSTITUTION),
    ("operator", "end", "--institution-code", INSTITUTION, "--operator", "見本"),
    ("disaster", "list"),
    ("disaster", "close", "1", "--closed-by", "見本"),
    (*DISASTER, "--prefectures", "01, 47"),
    ("disaster", "extend", "1", "--extended-by", "見本", "--days", "31"),
    ("consent", "export", CONSENT),
    ("drug-master", "status"),
    ("drug-master", "load"),
    ("audit", "report", "--period", "2026-11", "--out", "report"),
]


@pytest.mark.parametrize("words", WITHOUT_SERVICE, ids=" ".join)
def test_without_a_running_service_a_command_ends_with_one_sentence_about_it(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "start the service first" in ended(monkeypatch, capsys, *words)


def ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The sentence with which a command ends; asserts that it is one, with exit code 1 and without other output."""
    monkeypatch.setattr("sys.argv", ["eligibility-api", *words])
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    assert (end.value.code, out, len(err.splitlines())) == (1, "", 1)
    return err


@pytest.mark.parametrize("words", [("db-connections",), ("keys", "init"), ("disaster", "list"), ("serve",)])
def test_wrong_settings_are_named_in_one_sentence_without_their_values(
    words: tuple[str, ...], home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FUND_TOKEN_SECONDS", "86400")
    monkeypatch.setenv("FUND_HOLD_MIN_ROWS", "a secret")
    sentence = ended(monkeypatch, capsys, *words)
    assert "FUND_TOKEN_SECONDS" in sentence
    assert "FUND_HOLD_MIN_ROWS" in sentence
    assert "86400" not in sentence
    assert "a secret" not in sentence
    assert not home.exists()


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), OSError("no route")])
def test_a_database_that_cannot_be_reached_is_named_when_it_is_migrated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    async def fail(_: str, *, sandbox: bool) -> None:
        raise error

    monkeypatch.setenv("FUND_DATABASE_URL", "postgresql://shikaku_api@db/fund")
    monkeypatch.setenv("FUND_DATABASE_OWNER_URL", "postgresql://shikaku_owner:secret@db/fund")
    monkeypatch.setattr("eligibility_api.database.migrate.migrate", fail)
    sentence = ended(monkeypatch, capsys, "migrate")
    assert sentence.startswith("database-unavailable: ")
    assert "secret" not in sentence


def test_keys_are_created_below_the_home_and_the_public_one_is_named(home: Path) -> None:
    shown = run("keys", "init")
    assert shown.stdout.strip() == str(home / "keys" / "jlis-client.pub.pem")
    assert (home / "keys" / "jlis-client.pub.pem").read_text().startswith("-----BEGIN PUBLIC KEY-----")


def test_keys_are_exported_whole_and_readable_by_their_owner_only(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "keys.json"
    assert "`eligibility-api keys init` creates its keys" in ended(
        monkeypatch, capsys, "keys", "export", str(out)
    )
    assert run("keys", "init").exit_code == 0
    assert run("keys", "export", str(out)).stdout == ""
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    monkeypatch.setenv("FUND_KEYS", out.read_text())
    monkeypatch.setenv("FUND_HOME", str(tmp_path / "other"))
    assert "this command writes none" in ended(monkeypatch, capsys, "keys", "init")
    again = tmp_path / "again.json"
    assert run("keys", "export", str(again)).exit_code == 0
    assert again.read_text() == out.read_text()
    assert not (tmp_path / "other").exists()
    assert "cannot be written" in ended(monkeypatch, capsys, "keys", "export", str(home / "none" / "x"))


def test_no_key_is_rotated_without_the_database_that_records_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("keys", "init").exit_code == 0
    before = {path.name: path.read_bytes() for path in (home / "keys").iterdir()}
    for key in ("challenge", "checkpoint"):
        assert "start the service first" in ended(monkeypatch, capsys, "keys", f"rotate-{key}")
    assert {path.name: path.read_bytes() for path in (home / "keys").iterdir()} == before


def test_no_command_line_has_an_option_for_a_secret() -> None:
    names = {name for command in ALL.values() for parameter in command.params for name in parameter.opts}
    assert not {name for name in names if re.search("password|secret|pin$|token|private", name)}
