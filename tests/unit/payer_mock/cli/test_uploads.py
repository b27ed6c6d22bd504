"""Commands about member files.

`payer-mock upload`, `upload-status`, `faults`, `approve`, `reject`, `publish`, `undo`, `seen-by`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner, Result

from eligibility_api.contract.errors import CATALOGUE
from payer_mock.cli import Dependencies, app
from tests.unit.payer_mock.builders import INSURER, OTHER_INSURER, credential, line, members_file
from tests.unit.payer_mock.fake_uploads import REPORT, UPLOAD_ID, UPLOADS, FakeUploads

PROGRAM, APPROVER = f"client-{INSURER}", f"approver-{INSURER}"
UPLOAD_PATH = f"{UPLOADS}/{UPLOAD_ID}"


def run(fund: FakeUploads, *words: str | Path) -> Result:
    dependencies = Dependencies(make_transport=fund.transport, wait=lambda _: None)
    return CliRunner().invoke(app, [str(word) for word in words], obj=dependencies)


def test_a_file_is_sent_unchanged_and_polled_until_it_is_published(tmp_path: Path) -> None:
    fund, file = FakeUploads(), members_file(tmp_path, line(), line(number="2"))
    result = run(fund, "upload", file, "--scope", "changes", "--json")
    assert result.exit_code == 0
    assert fund.received == file.read_bytes()
    assert fund.query == {
        "format": "csv", "encoding": "auto", "scope": "changes", "bad_rows": "skip", "publish": "at-once",
    }  # fmt: skip
    assert fund.calls == [("POST", UPLOADS, PROGRAM), *[("GET", UPLOAD_PATH, PROGRAM)] * 3]
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
def test_commands_wait_until_the_result_is_visible(
    words: tuple[str, ...], states: list[str], instants: dict[str, datetime], waits: list[float]
) -> None:
    waited: list[float] = []
    fund = FakeUploads(states, instants={name: instant.isoformat() for name, instant in instants.items()})
    dependencies = Dependencies(make_transport=fund.transport, wait=waited.append, clock=lambda: NOW)
    CliRunner().invoke(app, list(words), obj=dependencies, catch_exceptions=False)
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
def test_exit_code_0_means_that_every_row_was_accepted(
    tmp_path: Path, states: list[str], bad_rows: int, exit_code: int
) -> None:
    fund = FakeUploads(states, REPORT | {"bad_rows": bad_rows}, refusal="file-truncated")
    assert run(fund, "upload", members_file(tmp_path, line())).exit_code == exit_code


def test_a_held_file_is_approved_with_the_approvers_credential_and_a_reason(tmp_path: Path) -> None:
    fund = FakeUploads(["held", "publishing", "published"])
    words = ("upload", members_file(tmp_path, line()), "--approver", "--reason", "確認済")
    assert run(fund, *words).exit_code == 0
    assert fund.calls == [
        ("POST", UPLOADS, PROGRAM),
        ("POST", f"{UPLOAD_PATH}/approve", APPROVER),
        ("GET", UPLOAD_PATH, APPROVER),
    ]
    assert fund.reasons == ["確認済"]


def test_a_held_undo_is_approved_with_the_approvers_credential(tmp_path: Path) -> None:
    fund = FakeUploads(["undo-held", "undoing", "undone"])
    assert run(fund, "undo", UPLOAD_ID, "--reason", "誤", "--approver").exit_code == 0
    assert fund.calls == [
        ("POST", f"{UPLOAD_PATH}/undo", PROGRAM),
        ("POST", f"{UPLOAD_PATH}/approve", APPROVER),
        ("GET", UPLOAD_PATH, APPROVER),
    ]
    assert fund.reasons == ["誤", "誤"]


def test_a_held_undo_without_approver_waits_and_exits_with_1() -> None:
    fund = FakeUploads(
        ["undo-held"], answer={"undo_report": {"changed": 3, "removed": 2, "findings": [REMOVED]}}
    )
    result = run(fund, "undo", UPLOAD_ID, "--reason", "誤")
    assert result.exit_code == 1
    for words in ("取消保留", "3件", "2件", "登録がなくなる加入者", "undo held"):
        assert words in result.stdout


REMOVED = {"code": "removed", "count": 2, "holds": True}


def test_a_withheld_report_shows_why_and_until_when() -> None:
    finding = {"code": "unmatched-limit", "count": 40, "holds": True}
    result = run(
        FakeUploads(["held"], REPORT | {"unmatched": None, "findings": [finding]}), "upload-status", UPLOAD_ID
    )
    for words in ("承認後に表示", "unmatched-limit", "40件"):
        assert words in result.stdout


@pytest.mark.parametrize("words", [["--approver"], ["--reason", "確認済"]], ids=["no-reason", "no-approver"])
def test_approving_and_its_reason_go_together(tmp_path: Path, words: list[str]) -> None:
    fund = FakeUploads()
    assert run(fund, "upload", members_file(tmp_path, line()), *words).exit_code == 2
    assert fund.calls == []


@pytest.mark.parametrize(
    ("words", "states", "call", "reasons"),
    [
        (("approve", UPLOAD_ID, "--reason", "可"), ["published"], ("approve", APPROVER), ["可"]),
        (("reject", UPLOAD_ID, "--reason", "否"), ["rejected"], ("reject", PROGRAM), ["否"]),
        (("publish", UPLOAD_ID), ["published"], ("publish", PROGRAM), []),
        (("undo", UPLOAD_ID, "--reason", "誤"), ["undone"], ("undo", PROGRAM), ["誤"]),
    ],
)
def test_decisions_are_sent_with_their_reason(
    words: tuple[str, ...], states: list[str], call: tuple[str, str], reasons: list[str]
) -> None:
    fund = FakeUploads(states)
    assert run(fund, *words).exit_code == 0
    assert fund.calls == [("POST", f"{UPLOAD_PATH}/{call[0]}", call[1])]
    assert fund.reasons == reasons


def test_the_credential_is_chosen_by_the_insurer_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    credential(OTHER_INSURER).save(tmp_path / "other.json")
    monkeypatch.setenv("PAYER_CREDENTIAL", f"{tmp_path / 'payer.json'}:{tmp_path / 'other.json'}")
    fund = FakeUploads(["published"])
    assert run(fund, "upload", members_file(tmp_path, line(insurer_number=OTHER_INSURER))).exit_code == 0
    assert fund.calls[0] == ("POST", UPLOADS, f"client-{OTHER_INSURER}")
    assert run(fund, "upload-status", UPLOAD_ID).exit_code == 2
    assert run(fund, "upload-status", UPLOAD_ID, "--insurer", INSURER).exit_code == 0


def test_the_screen_shows_state_counts_and_findings() -> None:
    finding = {"code": "fill-rate", "count": 12, "holds": True, "column": "burden_ratio"}
    result = run(FakeUploads(["held"], REPORT | {"findings": [finding]}), "upload-status", UPLOAD_ID)
    for words in ("保留", "held", "新規 / new", "fill-rate", "burden_ratio", "12"):
        assert words in result.stdout


def test_the_screen_shows_why_a_file_was_refused() -> None:
    result = run(FakeUploads(["refused"], refusal="file-truncated"), "upload-status", UPLOAD_ID)
    assert "file-truncated" in result.stdout


def test_faults_are_listed_by_row_and_column() -> None:
    fault = {"row": 7, "column": "birth_date", "code": "day", "shape": "9999/99/99"}
    fund = FakeUploads(answers={f"{UPLOAD_PATH}/faults": {"faults": [fault], "next": "7"}})
    result = run(fund, "faults", UPLOAD_ID, "--after", "3")
    assert fund.query == {"after": "3"}
    for words in ("birth_date", "9999/99/99", "--after 7"):
        assert words in result.stdout


def test_facilities_that_received_withdrawn_values_are_listed() -> None:
    facility = {
        "institution_code": "1311111114",
        "institution_name": "架空診療所",
        "answers": 2,
        "last_at": "2026-11-23T01:02:03Z",
    }
    result = run(
        FakeUploads(answers={f"{UPLOAD_PATH}/correction-list": {"facilities": [facility]}}),
        "seen-by",
        UPLOAD_ID,
    )
    assert "1311111114" in result.stdout


@pytest.mark.parametrize(("code", "exit_code"), [("not-found", 1), ("overloaded", 3)])
def test_a_refusal_is_printed_and_a_technical_failure_has_another_exit_code(
    code: str, exit_code: int
) -> None:
    result = run(FakeUploads(failure=code), "upload-status", UPLOAD_ID)
    assert result.exit_code == exit_code
    assert f"({code})" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("upload", "members.csv"), "overloaded", 3),
        (("upload", "members.csv"), "database-unavailable", 3),
        (("upload", "members.csv"), "file-truncated", 1),
        (("upload-status", UPLOAD_ID), "not-found", 1),
        (("undo", UPLOAD_ID, "--reason", "誤"), "overloaded", 3),
        (("mismatches",), "overloaded", 3),
    ],
)
def test_with_json_a_refusal_and_a_technical_failure_are_printed_as_json_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: str, exit_code: int
) -> None:
    members_file(tmp_path, line())
    monkeypatch.chdir(tmp_path)
    result = run(FakeUploads(failure=code), *words, "--json")
    assert result.exit_code == exit_code
    problem = json.loads(result.stdout)["problem"]
    assert (problem["code"], problem["status"]) == (code, CATALOGUE[code].status)
    assert f"({code})" in result.stderr


def test_a_fund_that_cannot_be_reached_is_printed_as_json_too(tmp_path: Path) -> None:
    def lost(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    dependencies = Dependencies(make_transport=lambda: httpx2.MockTransport(lost), wait=lambda _: None)
    words = ["upload", str(members_file(tmp_path, line())), "--json"]
    result = CliRunner().invoke(app, words, obj=dependencies)
    assert result.exit_code == 3
    assert json.loads(result.stdout)["problem"]["code"] == "fund-unreachable"


def test_approving_requires_an_approvers_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYER_APPROVER")
    result = run(FakeUploads(), "approve", UPLOAD_ID, "--reason", "可")
    assert (result.exit_code, "PAYER_APPROVER" in result.stderr) == (2, True)
