"""The command `appointments`: tomorrow's patients, what changed since the last time, and going on with a batch."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import UnchangedAnswer
from tests.unit.clinic_terminal.builders import NOW, answer, enrolment
from tests.unit.clinic_terminal.fake_batches import BATCH_ID
from tests.unit.clinic_terminal.set_up import Desk

BATCHES = "/v1/eligibility/batches"
HEADER = "tag,insurer_number,symbol,number,branch,birth_date"

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes appointments with these tags, and gives the file's name."""

    def written(*tags: str, number: str = "345") -> str:
        path = tmp_path / "appointments.csv"
        rows = [f"{tag},01130012,12,{number},00,S55.2.3" for tag in tags]
        path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        return str(path)

    return written


def versions(tmp_path: Path) -> dict[str, str]:
    kept: dict[str, str] = json.loads((tmp_path / "home" / "known-versions.json").read_text())
    return kept


def unchanged(validity: Validity = Validity.VALID) -> UnchangedAnswer:
    return UnchangedAnswer(validity=validity, as_of=NOW.date(), answered_at=NOW, record_id="record-1")


def standings(report: dict[str, Any]) -> dict[str, str]:
    return {row["tag"]: row["standing"] for row in report["rows"]}


def test_the_first_time_whoever_is_insured_is_ok(desk: Desk, write: Write, tmp_path: Path) -> None:
    report = desk.report("appointments", write("A", "B"))
    assert standings(report) == {"A": "ok", "B": "ok"}
    assert (report["exit_code"], report["done"]) == (0, True)
    assert versions(tmp_path) == {"A": "version-1", "B": "version-1"}


def test_the_day_is_tomorrow_in_tokyo_unless_told(desk: Desk, write: Write) -> None:
    desk.report("appointments", write("A"))
    assert desk.fund.bodies[-1]["as_of"] == "2026-04-02"
    desk.report("appointments", write("A"), "--as-of", "2026-04-05")
    assert desk.fund.bodies[-1]["as_of"] == "2026-04-05"


def test_the_known_version_is_sent_and_the_new_one_kept(desk: Desk, write: Write, tmp_path: Path) -> None:
    desk.report("appointments", write("A", "B"))
    desk.fund.batches.says = {"A": unchanged(), "B": answer(version="version-2")}
    desk.fund.batches.questions_until_done = 1
    report = desk.report("appointments", write("A", "B"))
    assert standings(report) == {"B": "changed", "A": "ok"}
    assert [row["known_version"] for row in desk.fund.bodies[-1]["rows"]] == ["version-1", "version-1"]
    assert versions(tmp_path) == {"A": "version-1", "B": "version-2"}


@pytest.mark.parametrize(
    "said",
    [
        answer(Validity.INVALID),
        answer(Validity.NOT_FOUND, [], version=None),
        answer(Validity.AMBIGUOUS, [], version=None),
        answer(Validity.VALID_UNREGISTERED),
        unchanged(Validity.INVALID),
        "eligibility-not-confirmable",
    ],
)
def test_whoever_is_not_plainly_insured_is_to_ask_about(desk: Desk, write: Write, said: Any) -> None:
    desk.fund.batches.says = {"B": said}
    report = desk.report("appointments", write("A", "B"))
    assert list(standings(report).items()) == [("B", "to-ask"), ("A", "ok")]
    assert report["exit_code"] == 10


def test_a_malformed_row_is_to_ask_about_and_does_not_lose_the_others(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(f"{HEADER}\nA,01130013,12,345,00,S55.2.3\nB,01130012,12,345,00,S55.2.3\n")
    report = desk.report("appointments", str(path))
    assert [row["tag"] for row in desk.fund.bodies[-1]["rows"]] == ["B"]
    assert report["rows"][0] == {"tag": "A", "standing": "to-ask", "code": "request-invalid"}


def test_nothing_is_sent_where_no_row_is_of_the_right_form(desk: Desk, write: Write) -> None:
    report = desk.report("appointments", write("A", number="x" * 21))
    assert (report["batch"], report["exit_code"], desk.fund.calls) == (None, 10, [])


def test_a_batch_is_waited_for_with_longer_and_longer_pauses(desk: Desk, write: Write) -> None:
    desk.fund.batches.questions_until_done = 7
    assert desk.report("appointments", write("A"))["done"] is True
    assert (desk.now - NOW).total_seconds() == 0.5 + 1 + 2 + 4 + 5 + 5 + 5 + 5


def test_a_batch_that_takes_too_long_is_gone_on_with_later(desk: Desk, write: Write, tmp_path: Path) -> None:
    desk.report("appointments", write("A"))
    desk.fund.batches.says = {"A": answer(version="version-2")}
    desk.fund.batches.questions_until_done = 1_000
    result = desk.run("appointments", write("A"), "--wait", "20")
    assert result.exit_code == 11
    assert f"Batch: {BATCH_ID}" in result.stderr
    assert versions(tmp_path) == {"A": "version-1"}

    desk.fund.batches.questions_until_done = 0
    report = desk.report("appointments", "--batch", BATCH_ID)
    assert standings(report) == {"A": "changed"}
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
def test_a_problem_ends_it_and_keeps_no_version(
    desk: Desk, write: Write, tmp_path: Path, failures: dict[str, list[str]], code: int
) -> None:
    desk.fund.failures = failures
    report = desk.report("appointments", write("A"))
    assert (report["exit_code"], report["done"]) == (code, False)
    assert not (tmp_path / "home").exists()


def test_the_screen_shows_a_line_for_each(desk: Desk, write: Write) -> None:
    desk.fund.batches.says = {
        "[red]A": "eligibility-not-confirmable",
        "B": answer(results=[enrolment(burden_expected=True)]),
    }
    result = desk.run("appointments", write("[red]A", "B"))
    text = "".join(result.stdout.split())
    for part in (
        "？要確認/Toask[red]A",
        "資格を確認できません",
        "○変わりなし/OKB有効/Valid",
        "負担割合/Burden:届いていません",
    ):
        assert part in text


def test_a_problem_and_a_batch_in_progress_are_told_on_the_screen(desk: Desk, write: Write) -> None:
    desk.fund.batches.questions_until_done = 1_000
    assert "まだ処理中です" in desk.run("appointments", write("A"), "--wait", "0").stdout
    desk.fund.failures[BATCHES] = ["lost"]
    assert "確認できません（通信）" in desk.run("appointments", write("A")).stdout


def test_versions_are_their_owners_alone(desk: Desk, write: Write, tmp_path: Path) -> None:
    desk.report("appointments", write("A"))
    assert stat.S_IMODE((tmp_path / "home" / "known-versions.json").stat().st_mode) == 0o600


def test_damaged_versions_are_told_before_anything_is_sent(desk: Desk, write: Write, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "known-versions.json").write_text("{")
    result = desk.run("appointments", write("A"))
    assert (result.exit_code, desk.fund.calls) == (2, [])
    assert "known-versions.json" in result.stderr


def test_a_home_that_cannot_be_written_is_told_after_the_answers(
    desk: Desk, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "home" / "known-versions.json.new").mkdir(parents=True)
    result = desk.run("appointments", write("A"))
    assert "有効" in result.stdout
    assert (result.exit_code, "TERMINAL_HOME" in result.stderr) == (2, True)


def test_a_home_that_cannot_be_read_is_told_before_anything_is_sent(
    desk: Desk, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file")
    result = desk.run("appointments", write("A"))
    assert (result.exit_code, desk.fund.calls) == (2, [])
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
def test_wrong_usage_ends_with_2_before_anything_is_sent(desk: Desk, arguments: list[str]) -> None:
    assert desk.run("appointments", *arguments).exit_code == 2
    assert desk.fund.calls == []
