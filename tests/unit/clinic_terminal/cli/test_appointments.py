"""The command `appointments`: tomorrow's patients, changes since the last time, continuing a batch."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import UnchangedAnswer
from tests.builders.clinic.fake_batches import BATCH_ID
from tests.builders.clinic.samples import NOW, answer, enrolment
from tests.builders.clinic.terminal import TerminalRunner

BATCHES = "/v1/eligibility/batches"
HEADER = "tag,insurer_number,symbol,number,branch,birth_date"

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes appointments with these tags, and returns the file's name."""

    def write_file(*tags: str, number: str = "345") -> str:
        path = tmp_path / "appointments.csv"
        rows = [f"{tag},01130012,12,{number},00,S55.2.3" for tag in tags]
        path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        return str(path)

    return write_file


def versions(tmp_path: Path) -> dict[str, str]:
    kept: dict[str, str] = json.loads((tmp_path / "home" / "known-versions.json").read_text())
    return kept


def unchanged(validity: Validity = Validity.VALID) -> UnchangedAnswer:
    return UnchangedAnswer(validity=validity, as_of=NOW.date(), answered_at=NOW, record_id="record-1")


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {row["tag"]: row["status"] for row in report["rows"]}


def test_the_first_time_an_insured_person_is_ok(
    terminal: TerminalRunner, write: Write, tmp_path: Path
) -> None:
    report = terminal.report("appointments", write("A", "B"))
    assert statuses(report) == {"A": "ok", "B": "ok"}
    assert (report["exit_code"], report["done"]) == (0, True)
    assert versions(tmp_path) == {"A": "version-1", "B": "version-1"}


def test_the_day_is_tomorrow_in_japan_by_default(terminal: TerminalRunner, write: Write) -> None:
    terminal.report("appointments", write("A"))
    assert terminal.fund.bodies[-1]["as_of"] == "2026-04-02"
    terminal.report("appointments", write("A"), "--as-of", "2026-04-05")
    assert terminal.fund.bodies[-1]["as_of"] == "2026-04-05"


def test_the_known_version_is_sent_and_the_new_one_stored(
    terminal: TerminalRunner, write: Write, tmp_path: Path
) -> None:
    terminal.report("appointments", write("A", "B"))
    terminal.fund.batches.answers = {"A": unchanged(), "B": answer(version="version-2")}
    terminal.fund.batches.polls_until_done = 1
    report = terminal.report("appointments", write("A", "B"))
    assert statuses(report) == {"B": "changed", "A": "ok"}
    assert [row["known_version"] for row in terminal.fund.bodies[-1]["rows"]] == ["version-1", "version-1"]
    assert versions(tmp_path) == {"A": "version-1", "B": "version-2"}


@pytest.mark.parametrize(
    "row_answer",
    [
        answer(Validity.INVALID),
        answer(Validity.NOT_FOUND, [], version=None),
        answer(Validity.AMBIGUOUS, [], version=None),
        answer(Validity.VALID_UNREGISTERED),
        answer(results=[enrolment(burden_expected=True)]),
        unchanged(Validity.INVALID),
        "eligibility-not-confirmable",
    ],
)
def test_any_other_answer_than_valid_is_to_ask_about(
    terminal: TerminalRunner, write: Write, row_answer: Any
) -> None:
    terminal.fund.batches.answers = {"B": row_answer}
    report = terminal.report("appointments", write("A", "B"))
    assert list(statuses(report).items()) == [("B", "to-ask"), ("A", "ok")]
    assert report["exit_code"] == 10


def test_a_missing_ratio_is_asked_about_until_it_is_registered(
    terminal: TerminalRunner, write: Write, tmp_path: Path
) -> None:
    terminal.report("appointments", write("A"))
    terminal.fund.batches.answers = {
        "A": answer(results=[enrolment(burden_expected=True)], version="version-2")
    }
    for _ in range(2):
        terminal.fund.batches.polls_until_done = 1
        assert statuses(terminal.report("appointments", write("A"))) == {"A": "to-ask"}
        assert terminal.fund.bodies[-1]["rows"][0]["known_version"] == "version-1"
    assert versions(tmp_path) == {"A": "version-1"}
    terminal.fund.batches.answers = {"A": answer(version="version-3")}
    terminal.fund.batches.polls_until_done = 1
    assert statuses(terminal.report("appointments", write("A"))) == {"A": "changed"}


def test_an_invalid_row_is_to_ask_about_and_the_others_are_sent(
    terminal: TerminalRunner, tmp_path: Path
) -> None:
    path = tmp_path / "some.csv"
    path.write_text(f"{HEADER}\nA,01130013,12,345,00,S55.2.3\nB,01130012,12,345,00,S55.2.3\n")
    report = terminal.report("appointments", str(path))
    assert [row["tag"] for row in terminal.fund.bodies[-1]["rows"]] == ["B"]
    assert report["rows"][0] == {"tag": "A", "status": "to-ask", "code": "request-invalid"}


def test_nothing_is_sent_where_no_row_is_valid(terminal: TerminalRunner, write: Write) -> None:
    report = terminal.report("appointments", write("A", number="x" * 21))
    assert (report["batch"], report["exit_code"], terminal.fund.calls) == (None, 10, [])


def test_a_batch_is_polled_with_growing_pauses(terminal: TerminalRunner, write: Write) -> None:
    terminal.fund.batches.polls_until_done = 7
    assert terminal.report("appointments", write("A"))["done"] is True
    assert (terminal.now - NOW).total_seconds() == 0.5 + 1 + 2 + 4 + 5 + 5 + 5 + 5


def test_a_batch_that_takes_too_long_is_continued_later(
    terminal: TerminalRunner, write: Write, tmp_path: Path
) -> None:
    terminal.report("appointments", write("A"))
    terminal.fund.batches.answers = {"A": answer(version="version-2")}
    terminal.fund.batches.polls_until_done = 1_000
    result = terminal.run("appointments", write("A"), "--wait", "20")
    assert result.exit_code == 11
    assert f"Batch: {BATCH_ID}" in result.stderr
    assert versions(tmp_path) == {"A": "version-1"}

    terminal.fund.batches.polls_until_done = 0
    report = terminal.report("appointments", "--batch", BATCH_ID)
    assert statuses(report) == {"A": "changed"}
    assert versions(tmp_path) == {"A": "version-2"}


@pytest.mark.parametrize(
    ("failures", "code"),
    [
        ({"/v1/token": ["lost"]}, 40),
        ({BATCHES: ["overloaded"]}, 40),
        ({f"{BATCHES}/{BATCH_ID}": ["lost"]}, 40),
        ({f"{BATCHES}/{BATCH_ID}/results": ["lost"]}, 40),
        ({BATCHES: ["right-missing"]}, 30),
    ],
)
def test_a_problem_stores_no_version(
    terminal: TerminalRunner, write: Write, tmp_path: Path, failures: dict[str, list[str]], code: int
) -> None:
    terminal.fund.failures = failures
    report = terminal.report("appointments", write("A"))
    assert (report["exit_code"], report["done"]) == (code, False)
    assert not (tmp_path / "home").exists()


def test_the_screen_shows_each_appointment(terminal: TerminalRunner, write: Write) -> None:
    terminal.fund.batches.answers = {
        "[red]A": "eligibility-not-confirmable",
        "B": answer(results=[enrolment(burden_expected=True)]),
    }
    result = terminal.run("appointments", write("[red]A", "B", "C"))
    text = "".join(result.stdout.split())
    for part in (
        "？要確認/Toask[red]A",
        "資格を確認できません",
        "？要確認/ToaskB有効/Valid",
        "負担割合の登録がありません",
        "○変更なし/OKC有効/Valid",
    ):
        assert part in text


def test_a_problem_and_a_batch_in_progress_are_shown(terminal: TerminalRunner, write: Write) -> None:
    terminal.fund.batches.polls_until_done = 1_000
    assert "処理中です" in terminal.run("appointments", write("A"), "--wait", "0").stdout
    terminal.fund.failures[BATCHES] = ["lost"]
    assert "確認できません（通信・システム障害）" in terminal.run("appointments", write("A")).stdout


def test_versions_are_readable_by_their_owner_only(
    terminal: TerminalRunner, write: Write, tmp_path: Path
) -> None:
    terminal.report("appointments", write("A"))
    assert stat.S_IMODE((tmp_path / "home" / "known-versions.json").stat().st_mode) == 0o600


def test_corrupt_versions_are_reported_before_anything_is_sent(
    terminal: TerminalRunner, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "known-versions.json").write_text("{")
    result = terminal.run("appointments", write("A"))
    assert (result.exit_code, terminal.fund.calls) == (2, [])
    assert "known-versions.json" in result.stderr


def test_an_unwritable_home_is_reported_after_the_answers(
    terminal: TerminalRunner, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "home" / "known-versions.json.new").mkdir(parents=True)
    result = terminal.run("appointments", write("A"))
    assert "有効" in result.stdout
    assert (result.exit_code, "TERMINAL_HOME" in result.stderr) == (2, True)


def test_an_unreadable_home_is_reported_before_anything_is_sent(
    terminal: TerminalRunner, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file")
    result = terminal.run("appointments", write("A"))
    assert (result.exit_code, terminal.fund.calls) == (2, [])
    assert "TERMINAL_HOME" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["missing.csv"],
        [".", "--wait", "-1"],
        ["."],
        ["--batch", BATCH_ID, "--as-of", "2026-04-05"],
        ["--batch", "../token"],
        ["a.csv", "--batch", BATCH_ID],
    ],
)
def test_wrong_usage_ends_with_2_before_anything_is_sent(
    terminal: TerminalRunner, arguments: list[str]
) -> None:
    assert terminal.run("appointments", *arguments).exit_code == 2
    assert terminal.fund.calls == []
