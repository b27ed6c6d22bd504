"""`payer-mock correct`, `confirm`, `unlink-person`, `tickets` at the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from payer_mock.cli import Dependencies, app
from tests.unit.payer_mock.builders import CELLS, FUND, INSURER, credential

OFFICE = "12131009"
ENROLMENT = "5f0a3c1e-0000-4000-8000-000000000001"
ANSWER = {
    "enrolment_id": ENROLMENT,
    "match": "none",
    "known_from": "2026-04-01T09:00:00Z",
    "acquired_on": "2020-04-01",
    "lost_on": None,
    "mismatch": "confirmed",
}
TICKET = {
    "recipient_number": "1234566",
    "birth_date": "1974-04-14",
    "month": "2026-11",
    "institution_code": "1311111114",
    "ticket_type": "01",
    "treatment": "02",
    "valid_from": "2026-11-01",
    "valid_to": "2026-11-30",
}


@dataclass
class Fund:
    """Issues a token, returns the same answer to every other call, and records the requests."""

    answer: dict[str, Any]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._handle)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/token":
            return httpx2.Response(200, json={"access_token": "t", "expires_in": 300, "scope": "enrolment"})
        self.calls.append((request.url.path, json.loads(request.content)))
        return httpx2.Response(200, json=self.answer)


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    files = []
    for number in (INSURER, OFFICE):
        credential(number).save(tmp_path / f"{number}.json")
        files.append(str(tmp_path / f"{number}.json"))
    monkeypatch.setenv("PAYER_CREDENTIAL", ":".join(files))
    monkeypatch.setenv("PAYER_FUND_URL", FUND)

    def invoke(fund: Fund, *words: str | Path) -> Result:
        return CliRunner().invoke(app, list(map(str, words)), obj=Dependencies(make_transport=fund.transport))

    return invoke


def lines_file(folder: Path, *values: Any) -> Path:
    path = folder / "lines.jsonl"
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values), encoding="utf-8")
    return path


def correction() -> dict[str, Any]:
    member = {name: value for name, value in CELLS.items() if value}
    former = {name: member[name] for name in ("insurer_number", "symbol", "number", "branch", "birth_date")}
    return {"former": former, "member": member | {"number": "2"}}


def tickets_answer(*outcomes: str) -> dict[str, Any]:
    return {"known_from": "2026-11-23T09:00:00Z", "tickets": [{"outcome": one} for one in outcomes]}


def test_a_correction_is_sent_with_its_own_insurers_credential(run: Run, tmp_path: Path) -> None:
    fund = Fund(ANSWER)
    result = run(fund, "correct", lines_file(tmp_path, correction(), correction()))
    assert (result.exit_code, len(fund.calls)) == (0, 2)
    path, body = fund.calls[0]
    assert (path, body["former"]["number"], body["member"]["number"]) == ("/v1/enrolments/correct", "1", "2")


def test_a_wrong_line_prevents_sending_and_its_value_is_not_printed(run: Run, tmp_path: Path) -> None:
    fund = Fund(ANSWER)
    wrong = correction() | {"former": {"number": "123456789018"}}
    result = run(fund, "correct", lines_file(tmp_path, correction(), wrong))
    assert (result.exit_code, fund.calls) == (2, [])
    assert "Line 2" in result.stderr
    assert "123456789018" not in result.output


@pytest.mark.parametrize("content", [b"\xff\xfe{}\n", b"\n", b"[" * 50_000, b'{"former": "\x82\xa0"}\n'])
def test_a_file_that_is_not_json_lines_is_wrong_usage(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lines.jsonl").write_bytes(content)
    result = run(Fund(ANSWER), "correct", tmp_path / "lines.jsonl")
    assert (result.exit_code, "Line 1" in result.stderr) == (2, True)


def test_a_mismatch_is_confirmed_by_enrolment_id(run: Run) -> None:
    fund = Fund(ANSWER)
    result = run(fund, "confirm", ENROLMENT, "--insurer", INSURER, "--json")
    assert (result.exit_code, json.loads(result.stdout)["mismatch"]) == (0, "confirmed")
    assert fund.calls == [("/v1/mismatches/confirm", {"enrolment_id": ENROLMENT})]


def test_a_contested_member_is_confirmed_by_the_approver_with_a_reason(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    credential(INSURER).save(tmp_path / "approver.json")
    monkeypatch.setenv("PAYER_APPROVER", str(tmp_path / "approver.json"))
    fund = Fund(ANSWER)
    result = run(fund, "confirm", ENROLMENT, "--reason", "本人の申出", "--insurer", INSURER)
    assert result.exit_code == 0
    assert fund.calls == [("/v1/mismatches/confirm", {"enrolment_id": ENROLMENT, "reason": "本人の申出"})]


DIFFERENCES = [{"item": "name", "kind": "character"}, {"item": "address", "kind": "address"}]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"mismatch": "confirmed", "linked": True}, "本人を確認し、ひも付けました"),
        ({"mismatch": "open", "linked": False}, "もう一度 confirm を実行すると、ひも付けます"),
        ({"mismatch": "confirmed", "linked": False}, "もう一度 confirm を実行すると、ひも付けます"),
    ],
    ids=["linked", "proposed only now", "confirmed before"],
)
def test_a_person_who_is_spelled_otherwise_is_shown_by_item_and_kind(
    run: Run, answer: dict[str, Any], words: str
) -> None:
    result = run(
        Fund(ANSWER | {"match": "variant", "differences": DIFFERENCES} | answer),
        "confirm",
        ENROLMENT,
        "--insurer",
        INSURER,
    )
    shown = result.stdout.replace("\n", "")
    assert result.exit_code == 0
    assert [text in shown for text in (words, "氏名：異体字・旧字体", "住所：住所の書き方")] == [True] * 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"match": "other", "mismatch": "open"}, "別人として登録しました"),
        ({"match": "one", "mismatch": "none"}, "J-LIS照会で本人を特定し"),
    ],
    ids=["unlinked", "another person"],
)
def test_a_wrong_person_is_unlinked_by_enrolment_id(run: Run, answer: dict[str, Any], words: str) -> None:
    fund = Fund(ANSWER | {"correction_list": []} | answer)
    result = run(fund, "unlink-person", ENROLMENT, "--insurer", INSURER)
    assert (result.exit_code, words in result.stdout, "0件" in result.stdout) == (0, True, True)
    assert fund.calls == [("/v1/enrolments/unlink", {"enrolment_id": ENROLMENT})]


def test_a_reason_without_an_approvers_credential_is_wrong_usage(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAYER_APPROVER", raising=False)
    fund = Fund(ANSWER)
    result = run(fund, "confirm", ENROLMENT, "--reason", "本人の申出", "--insurer", INSURER)
    assert (result.exit_code, fund.calls) == (2, [])


@pytest.mark.parametrize(
    ("outcomes", "exit_code"),
    [
        (["registered", "replaced"], 0),
        (["unchanged"], 0),
        (["registered", "ticket-recipient-unknown"], 1),
    ],
)
def test_tickets_are_registered_and_an_unknown_recipient_gives_exit_code_1(
    run: Run, tmp_path: Path, outcomes: list[str], exit_code: int
) -> None:
    fund = Fund(tickets_answer(*outcomes))
    result = run(fund, "tickets", lines_file(tmp_path, TICKET), "--insurer", OFFICE)
    assert result.exit_code == exit_code
    assert fund.calls[0][0] == "/v1/medical-tickets"
    assert all(outcome in result.stdout for outcome in outcomes)


@pytest.mark.parametrize("tickets", [[], [TICKET, TICKET], [TICKET | {"month": "2026-13"}]])
def test_an_invalid_list_of_tickets_is_not_sent(
    run: Run, tmp_path: Path, tickets: list[dict[str, Any]]
) -> None:
    fund = Fund(tickets_answer())
    assert run(fund, "tickets", lines_file(tmp_path, *tickets), "--insurer", OFFICE).exit_code == 2
    assert fund.calls == []
