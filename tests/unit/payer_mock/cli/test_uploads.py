"""`payer-mock upload` and what follows, as it is typed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payer_mock.cli import Surroundings, app
from tests.unit.payer_mock.builders import INSURER, OTHER_INSURER, credential, line, members_file
from tests.unit.payer_mock.fake_desk import REPORT, UPLOAD_ID, UPLOADS, FakeDesk

PROGRAM, APPROVER = f"client-{INSURER}", f"approver-{INSURER}"
OF_IT = f"{UPLOADS}/{UPLOAD_ID}"


def run(desk: FakeDesk, *words: str | Path) -> Result:
    around = Surroundings(make_transport=desk.transport, wait=lambda _: None)
    return CliRunner().invoke(app, [str(word) for word in words], obj=around)


def test_a_file_is_sent_as_it_is_and_followed_until_it_is_published(tmp_path: Path) -> None:
    desk, file = FakeDesk(), members_file(tmp_path, line(), line(number="2"))
    result = run(desk, "upload", file, "--scope", "changes", "--json")
    assert result.exit_code == 0
    assert desk.received == file.read_bytes()
    assert desk.query == {
        "format": "csv", "encoding": "auto", "scope": "changes", "bad_rows": "skip", "publish": "at-once",
    }  # fmt: skip
    assert desk.calls == [("POST", UPLOADS, PROGRAM), *[("GET", OF_IT, PROGRAM)] * 3]
    assert json.loads(result.stdout)["state"] == "published"


NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "states", "instants", "waits"),
    [
        (("publish", UPLOAD_ID), ["published"], {"known_from": NOW + timedelta(seconds=0.75)}, [0.75]),
        (("publish", UPLOAD_ID), ["published"], {"known_from": NOW - timedelta(days=9)}, []),
        (("publish", UPLOAD_ID), ["published"], {"known_from": NOW + timedelta(hours=1)}, [5.0]),
        (
            ("approve", UPLOAD_ID, "--reason", "可"),
            ["publishing", "published"],
            {"known_from": NOW + timedelta(seconds=1)},
            [0.05, 1.0],
        ),
        (
            ("undo", UPLOAD_ID, "--reason", "誤"),
            ["undone"],
            {"known_from": NOW - timedelta(days=1), "undone_from": NOW + timedelta(seconds=0.5)},
            [0.5],
        ),
        (("publish", UPLOAD_ID), ["held"], {}, []),
    ],
)
def test_published_is_said_once_it_shows(
    words: tuple[str, ...], states: list[str], instants: dict[str, datetime], waits: list[float]
) -> None:
    waited: list[float] = []
    desk = FakeDesk(states, instants={name: instant.isoformat() for name, instant in instants.items()})
    around = Surroundings(make_transport=desk.transport, wait=waited.append, clock=lambda: NOW)
    CliRunner().invoke(app, list(words), obj=around, catch_exceptions=False)
    assert waited == waits


@pytest.mark.parametrize(
    ("states", "bad_rows", "exit_code"),
    [
        (["published"], 0, 0),
        (["checked"], 0, 0),
        (["published"], 1, 1),
        (["held"], 0, 1),
        (["refused"], 0, 1),
    ],
)
def test_the_exit_code_tells_whether_every_row_went_through(
    tmp_path: Path, states: list[str], bad_rows: int, exit_code: int
) -> None:
    desk = FakeDesk(states, REPORT | {"bad_rows": bad_rows}, refusal="file-truncated")
    assert run(desk, "upload", members_file(tmp_path, line())).exit_code == exit_code


def test_a_held_file_is_approved_by_the_other_key_with_a_reason(tmp_path: Path) -> None:
    desk = FakeDesk(["held", "publishing", "published"])
    words = ("upload", members_file(tmp_path, line()), "--approver", "--reason", "確認済")
    assert run(desk, *words).exit_code == 0
    assert desk.calls == [
        ("POST", UPLOADS, PROGRAM),
        ("POST", f"{OF_IT}/approve", APPROVER),
        ("GET", OF_IT, APPROVER),
    ]
    assert desk.reasons == ["確認済"]


def test_nobody_approves_without_a_reason(tmp_path: Path) -> None:
    desk = FakeDesk()
    assert run(desk, "upload", members_file(tmp_path, line()), "--approver").exit_code == 2
    assert desk.calls == []


@pytest.mark.parametrize(
    ("words", "states", "call", "reasons"),
    [
        (("approve", UPLOAD_ID, "--reason", "可"), ["published"], ("approve", APPROVER), ["可"]),
        (("reject", UPLOAD_ID, "--reason", "否"), ["rejected"], ("reject", PROGRAM), ["否"]),
        (("publish", UPLOAD_ID), ["published"], ("publish", PROGRAM), []),
        (("undo", UPLOAD_ID, "--reason", "誤"), ["undone"], ("undo", PROGRAM), ["誤"]),
    ],
)
def test_decisions_go_to_the_fund_with_their_reason(
    words: tuple[str, ...], states: list[str], call: tuple[str, str], reasons: list[str]
) -> None:
    desk = FakeDesk(states)
    assert run(desk, *words).exit_code == 0
    assert desk.calls == [("POST", f"{OF_IT}/{call[0]}", call[1])]
    assert desk.reasons == reasons


def test_several_credentials_are_told_apart_by_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    credential(OTHER_INSURER).save(tmp_path / "other.json")
    monkeypatch.setenv("PAYER_CREDENTIAL", f"{tmp_path / 'payer.json'}:{tmp_path / 'other.json'}")
    desk = FakeDesk(["published"])
    assert run(desk, "upload", members_file(tmp_path, line(insurer_number=OTHER_INSURER))).exit_code == 0
    assert desk.calls[0] == ("POST", UPLOADS, f"client-{OTHER_INSURER}")
    assert run(desk, "show", UPLOAD_ID).exit_code == 2
    assert run(desk, "show", UPLOAD_ID, "--insurer", INSURER).exit_code == 0


def test_people_read_the_state_counts_and_findings() -> None:
    finding = {"code": "fill-rate", "count": 12, "holds": True, "column": "burden_ratio"}
    result = run(FakeDesk(["held"], REPORT | {"findings": [finding]}), "show", UPLOAD_ID)
    for words in ("保留", "held", "新規 / new", "fill-rate", "burden_ratio", "12"):
        assert words in result.stdout


def test_people_read_why_a_file_was_refused() -> None:
    result = run(FakeDesk(["refused"], refusal="file-truncated"), "show", UPLOAD_ID)
    assert "file-truncated" in result.stdout


def test_faults_are_listed_by_row_and_column() -> None:
    fault = {"row": 7, "column": "birth_date", "code": "day", "shape": "9999/99/99"}
    desk = FakeDesk(answers={f"{OF_IT}/faults": {"faults": [fault], "next": "7"}})
    result = run(desk, "faults", UPLOAD_ID, "--after", "3")
    assert desk.query == {"after": "3"}
    for words in ("birth_date", "9999/99/99", "--after 7"):
        assert words in result.stdout


def test_who_saw_withdrawn_values_is_listed() -> None:
    facility = {
        "institution_code": "1311111114",
        "institution_name": "架空診療所",
        "answers": 2,
        "last_at": "2026-11-23T01:02:03Z",
    }
    result = run(
        FakeDesk(answers={f"{OF_IT}/correction-list": {"facilities": [facility]}}), "seen-by", UPLOAD_ID
    )
    assert "1311111114" in result.stdout


@pytest.mark.parametrize(("code", "exit_code"), [("not-found", 1), ("overloaded", 3)])
def test_a_refusal_is_a_sentence_and_a_technical_failure_another_exit_code(code: str, exit_code: int) -> None:
    result = run(FakeDesk(failure=code), "show", UPLOAD_ID)
    assert result.exit_code == exit_code
    assert f"({code})" in result.stderr


def test_approving_asks_for_an_approver_s_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYER_APPROVER")
    result = run(FakeDesk(), "approve", UPLOAD_ID, "--reason", "可")
    assert (result.exit_code, "PAYER_APPROVER" in result.stderr) == (2, True)
