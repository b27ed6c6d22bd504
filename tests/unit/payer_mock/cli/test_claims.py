"""Commands about claims and health check-ups.

`payer-mock send-claims`, `claims-report`, `claims-faults`, `send-checkups`.
"""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from eligibility_api.contract import examples
from eligibility_api.contract.claims import ClaimsFault, ClaimsFaults
from payer_mock.claims.description import EXAMPLE, read_description, write_description
from payer_mock.cli import Dependencies, app
from payer_mock.screens.claims import show_claims_faults
from tests.unit.payer_mock.builders import INSURER, OTHER_INSURER, credential
from tests.unit.payer_mock.fake_claims import CHECKUPS, CLAIMS, FAULT, FILE_ID, FakeClaims

PROGRAM = f"client-{INSURER}"
FILE_PATH = f"{CLAIMS}/{FILE_ID}"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def run(fund: FakeClaims, *words: str | Path, waited: list[float] | None = None) -> Result:
    wait = (lambda _: None) if waited is None else waited.append
    dependencies = Dependencies(make_transport=fund.transport, wait=wait, clock=lambda: NOW)
    return CliRunner().invoke(app, [str(word) for word in words], obj=dependencies)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "RECEIPTC.UKE"
    write_description(read_description(json.dumps(EXAMPLE)), path)
    return path


def test_a_file_is_sent_unchanged_and_polled_until_its_claims_are_visible(file: Path) -> None:
    fund, waited = FakeClaims(), list[float]()
    result = run(fund, "send-claims", file, "--json", waited=waited)
    assert result.exit_code == 0
    assert fund.received == file.read_bytes()
    assert fund.calls == [("POST", CLAIMS, PROGRAM), *[("GET", FILE_PATH, PROGRAM)] * 2]
    assert json.loads(result.stdout)["report"]["accepted"] == 2
    assert waited[-1] == 1.0


@pytest.mark.parametrize(
    ("states", "changes", "exit_code"),
    [
        (["done"], {}, 0),
        (["done"], {"unmatched": 1}, 0),
        (["done"], {"faults": {"code": 1}, "accepted": 1}, 1),
        (["refused"], {}, 1),
    ],
)
def test_exit_code_0_means_that_every_claim_was_accepted(
    file: Path, states: list[str], changes: dict[str, Any], exit_code: int
) -> None:
    assert run(FakeClaims(states, changes), "send-claims", file).exit_code == exit_code


def test_the_screen_shows_state_counts_and_faults(file: Path) -> None:
    shown = run(FakeClaims(changes={"faults": {"my-number-refused": 3}}), "send-claims", file).stdout
    for words in ("取込済 / done", "医科 / medical", "my-number-refused", FILE_ID):
        assert words in shown
    refused = run(FakeClaims(["refused"]), "send-claims", file).stdout
    assert "file-truncated" in refused


def test_claims_report_shows_the_current_state(file: Path) -> None:
    result = run(FakeClaims(["reading"]), "claims-report", FILE_ID)
    assert (result.exit_code, "読込中" in result.stdout) == (0, True)


def test_faults_are_listed_by_line_record_and_field() -> None:
    shown = run(FakeClaims(), "claims-faults", FILE_ID).stdout
    for words in ("17", "IY", "医薬品", "99a", "--after 7"):
        assert words in shown


@pytest.mark.parametrize("code", list(ClaimsFault))
def test_at_80_columns_no_code_is_cut_off(code: ClaimsFault) -> None:
    place = FAULT | {"line": 1_234_567, "claim": 100_000, "shape": "9" * 40 + "…", "code": code}
    stream = io.StringIO()
    page = ClaimsFaults.model_validate({"faults": [place], "next": None})
    show_claims_faults(Console(file=stream, width=80), page)
    assert code in stream.getvalue()
    assert stream.getvalue().count("…") == 1


def test_a_refusal_by_the_fund_is_printed_with_its_code(file: Path) -> None:
    result = run(FakeClaims(failure="right-missing"), "send-claims", file)
    assert (result.exit_code, "right-missing" in result.stderr) == (1, True)


def test_checkups_are_sent_per_insurer_in_requests_of_up_to_500(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [checkup] = examples.CHECKUPS["checkups"]
    other = checkup | {"insurer_number": OTHER_INSURER}
    path = tmp_path / "checkups.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in [*[checkup] * 501, other]), encoding="utf-8")
    second = tmp_path / "other.json"
    second.write_text(credential(OTHER_INSURER).model_dump_json())
    monkeypatch.setenv("PAYER_CREDENTIAL", f"{tmp_path / 'payer.json'}:{second}")
    fund = FakeClaims()
    result = run(fund, "send-checkups", path, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"taken": 502, "unmatched": 0})
    assert fund.checkups == [500, 1, 1]
    assert [caller for _, path, caller in fund.calls if path == CHECKUPS] == [
        PROGRAM, PROGRAM, f"client-{OTHER_INSURER}"
    ]  # fmt: skip
    assert "502" in run(FakeClaims(), "send-checkups", path).stdout
    assert run(FakeClaims(unmatched=1), "send-checkups", path).exit_code == 1


@pytest.mark.parametrize("content", ["", "{}\n"])
def test_a_file_without_checkups_is_wrong_usage(tmp_path: Path, content: str) -> None:
    path = tmp_path / "checkups.jsonl"
    path.write_text(content)
    assert run(FakeClaims(), "send-checkups", path).exit_code == 2


def test_the_wait_for_visibility_is_limited_to_5_seconds(file: Path) -> None:
    waited: list[float] = []
    late = {"known_from": (NOW + timedelta(hours=1)).isoformat()}
    run(FakeClaims(["done"], answer=late), "send-claims", file, waited=waited)
    assert waited == [5.0]
