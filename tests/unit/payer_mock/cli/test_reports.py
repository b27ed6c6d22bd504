"""`payer-mock mismatches`, `changes`, `stats`, `papers` at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from payer_mock.cli import Dependencies, app
from tests.unit.payer_mock.builders import CELLS, line, members_file
from tests.unit.payer_mock.fake_uploads import FakeUploads

MEMBER = {
    "enrolment_id": "019ab000-0000-7000-8000-000000000009",
    "symbol": CELLS["symbol"],
    "number": "2",
    "branch": "00",
    "birth_date": CELLS["birth_date"],
}
AT = "2026-11-23T01:02:03Z"
MISMATCH = MEMBER | {"register_match": "none", "since": AT, "acquired_on": "2026-11-01", "lost_on": None}
VARIANT = MISMATCH | {
    "register_match": "variant",
    "differences": [{"item": "name", "kind": "missing"}, {"item": "address", "kind": "address"}],
}
CHANGE = {"event": "opened", "enrolment_id": "E1", "revision": 41, "kind": "file", "known_from": AT}
DELAY = {"enrolments": 5, "median_hours": 30.25, "p95_hours": None}
NEED = MEMBER | {"new_since": True, "reason": "blocked", "needed_from": None}
PAGE = {
    "since": "2026-11-01",
    "members": [
        NEED,
        NEED
        | {"number": "3", "reason": "certificate-expired", "needed_from": "2027-01-01", "new_since": False},
    ],
    "next": None,
}
ANSWERS: dict[str, dict[str, Any]] = {
    "mismatches": {
        "mismatches": [MISMATCH, VARIANT, VARIANT | {"mismatch": "confirmed"}],
        "next": "c2",
        "claimed_elsewhere": [MEMBER | {"since": AT, "number": "88"}],
    },
    "changes": {"changes": [CHANGE], "has_more": True, "next": "c3"},
    "stats": {"registration_delay": DELAY, "delay_by_month": [], "look_ups": {"1": 7, "4": 2}},
    "papers": PAGE,
}
PATHS = {"stats": "/v1/statistics", "papers": "/v1/paper-certificates"}
DISPLAY_PERIOD = {
    "mismatches": (
        "該当者なし",
        "表記の異なる候補者あり",
        "氏名：●で書かれた文字",
        "住所：住所の書き方",
        "番号による資格確認には回答しています",
        CELLS["birth_date"],
        "--after c2",
        "他の保険者が登録しようとした加入者",
        "88",
    ),
    "changes": ("41", "file", "opened", "--after c3"),
    "stats": ("30.2時間", "—", "有効 / 1", "該当資格なし / 4"),
    "papers": ("新規", CELLS["symbol"], "自己情報提供不可", "直ちに", "有効期限切れ", "2027-01-01"),
}


def run(*words: str | Path) -> Result:
    fund = FakeUploads(answers={PATHS.get(name, f"/v1/{name}"): answer for name, answer in ANSWERS.items()})
    dependencies = Dependencies(make_transport=fund.transport, wait=lambda _: None)
    # Wide enough that no cell wraps.
    return CliRunner().invoke(app, [str(word) for word in words], obj=dependencies, env={"COLUMNS": "200"})


@pytest.mark.parametrize("command", list(ANSWERS))
def test_json_is_the_answer_of_the_fund(command: str) -> None:
    result = run(command, "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert set(answer) == set(ANSWERS[command])


@pytest.mark.parametrize("command", list(ANSWERS))
def test_the_screen_is_in_japanese_and_english(command: str) -> None:
    result = run(command)
    assert result.exit_code == 0
    for words in DISPLAY_PERIOD[command]:
        assert words in result.stdout


def test_papers_are_written_for_members_with_and_without_a_card(tmp_path: Path) -> None:
    file = members_file(tmp_path, line(), line(number="2"))
    result = run("papers", "--pdf", tmp_path / "papers", "--members", file, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"certificates": 1, "notices": 1, "passed_over": 0}


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "file-truncated"), (b"a,b\n1,2\n", "file-header"), (b"\xff\xfe\n", "file-encoding")],
)
def test_papers_require_a_valid_member_file_and_folder(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "other.csv"
    file.write_bytes(content)
    result = run("papers", "--pdf", tmp_path / "papers", "--members", file)
    assert (result.exit_code, code in result.stderr) == (2, True)
    assert run("papers", "--pdf", tmp_path / "papers", "--members", tmp_path / "none.csv").exit_code == 2
    good = members_file(tmp_path, line())
    assert run("papers", "--pdf", file / "papers", "--members", good).exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["--pdf", "papers"],
        ["--members", "MEMBERS"],
        ["--insurer-name", "架空健康保険組合"],
        ["--pdf", "papers", "--members", "MEMBERS", "--after", "1"],
        ["--pdf", "papers", "--members", "MEMBERS", "--since-month", "2026-10"],
    ],
    ids="-".join,
)
def test_no_option_of_the_papers_is_accepted_without_effect(tmp_path: Path, words: list[str]) -> None:
    file = members_file(tmp_path, line())
    given = [{"MEMBERS": str(file), "papers": str(tmp_path / "papers")}.get(word, word) for word in words]
    assert run("papers", *given).exit_code == 2
    assert not (tmp_path / "papers").exists()
