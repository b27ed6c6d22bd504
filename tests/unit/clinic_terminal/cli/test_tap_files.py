"""What a tap of the command line leaves where an exchange is set up, and where none is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinic_terminal.store import TerminalStore
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.request_files import ReadResult
from tests.builders.clinic.samples import NOW
from tests.builders.clinic.terminal import TerminalRunner


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TERMINAL_EXCHANGE_ROOT", str(tmp_path / "OQS"))
    return tmp_path / "OQS"


def files(root: Path) -> list[ReadResult]:
    return [ReadResult(path.read_bytes()) for path in sorted((root / "face").iterdir())]


def test_without_an_exchange_nothing_is_stored(terminal: TerminalRunner, tmp_path: Path) -> None:
    assert terminal.tap()["exit_code"] == 0
    assert not (tmp_path / "home").exists()


def test_with_a_root_every_tap_writes_its_file(terminal: TerminalRunner, root: Path) -> None:
    assert terminal.tap("--as-of", "2026-03-31")["exit_code"] == 0
    [read] = files(root)
    assert read["QualificationValidity"] == "1"


def test_a_refused_tap_writes_its_file_too(terminal: TerminalRunner, root: Path) -> None:
    terminal.fund.failures["/v1/eligibility/card"] = ["certificate-revoked"]
    assert terminal.tap()["exit_code"] == 30
    [read] = files(root)
    assert read.error.startswith("SHK-")
    assert not read.has("QualificationValidity")


def test_a_card_that_was_not_read_leaves_no_file(terminal: TerminalRunner, root: Path) -> None:
    assert terminal.tap(pin="9999\n")["exit_code"] == 20
    assert files(root) == []


def test_a_consent_is_kept_for_later_requests(terminal: TerminalRunner, root: Path, tmp_path: Path) -> None:
    terminal.tap("--consent", "medication", "--agree")
    with TerminalStore.open(tmp_path / "home") as store:
        [permit] = store.permits_for(insurer_number="01130012", symbol="12", number="345", at=NOW)
        assert len(store.visits(NOW.date())) == 1
    assert permit.permit_id == CONSENT


def test_a_consent_is_kept_where_an_exchange_has_run_without_the_setting(
    terminal: TerminalRunner, tmp_path: Path
) -> None:
    TerminalStore.open(tmp_path / "home").close()
    terminal.tap("--consent", "medication", "--agree")
    with TerminalStore.open(tmp_path / "home") as store:
        assert store.permits_for(insurer_number="01130012", symbol="12", number="345", at=NOW)


def away(root: Path, home: Path) -> str:
    root.touch()
    return "face-not-written"


def no_face(root: Path, home: Path) -> str:
    root.mkdir()
    (root / "face").touch()
    return "face-not-written: face: "


def no_key(root: Path, home: Path) -> str:
    home.mkdir()
    (home / "terminal.db").write_bytes(b"x")
    return "store-key-missing"


@pytest.mark.parametrize("break_it", [away, no_face, no_key])
def test_a_file_that_cannot_be_written_changes_no_outcome(
    terminal: TerminalRunner, root: Path, tmp_path: Path, break_it: object
) -> None:
    text = break_it(root, tmp_path / "home")  # type: ignore[operator]  # a table of functions
    result = terminal.run("tap", "--pin-stdin", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["outcome"] == "valid"
    assert text in result.stderr


def test_a_wrong_setting_of_the_files_changes_no_outcome(
    terminal: TerminalRunner, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERMINAL_EXCHANGE_ENCODING", "EUC-JP")
    result = terminal.run("tap", "--pin-stdin", "--json")
    assert result.exit_code == 0
    assert "TERMINAL_EXCHANGE_ENCODING" in result.stderr
