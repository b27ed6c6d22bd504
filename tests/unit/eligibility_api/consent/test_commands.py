"""`eligibility-api consent verify`: exit codes, the printed findings, and files that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner, Result

from eligibility_api.cli import app
from eligibility_api.consent.verifier import MAX_BYTES, Check
from eligibility_api.platform.errors import OperatorError
from tests.unit.eligibility_api.consent.evidence import LIST, document, exported
from tests.unit.eligibility_api.domain.revocations import authority


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a good export, its trust store and its CRL."""
    (tmp_path / "consent.json").write_bytes(document(exported()))
    (tmp_path / "trust.pem").write_bytes(authority().public_bytes(Encoding.PEM))
    (tmp_path / "other.pem").write_bytes(authority("other authority").public_bytes(Encoding.PEM))
    (tmp_path / "list.crl").write_bytes(LIST)
    return tmp_path


def verify(files: Path, *words: str, consent: str = "consent.json") -> Result:
    return CliRunner().invoke(app, ["consent", "verify", str(files / consent), *words])


def with_everything(
    files: Path, *more: str, trust: str = "trust.pem", crl: str = "list.crl"
) -> tuple[str, ...]:
    return "--trust", str(files / trust), "--crl", str(files / crl), *more


def test_a_proved_consent_ends_with_0_and_its_summary(files: Path) -> None:
    shown = verify(files, *with_everything(files))
    lines = shown.stdout.splitlines()
    assert shown.exit_code == 0
    assert [line.split()[1] for line in lines[:-1]] == list(Check)
    assert lines[-1].startswith("Proved: possession of the card")


@pytest.mark.parametrize(
    ("trust", "crl", "code"),
    [(True, True, 0), (True, False, 0), (False, True, 1), (False, False, 1)],
)
def test_without_a_trust_store_nothing_is_proved(files: Path, trust: bool, crl: bool, code: int) -> None:
    words = [
        *(["--trust", str(files / "trust.pem")] if trust else []),
        *(["--crl", str(files / "list.crl")] if crl else []),
    ]
    assert verify(files, *words).exit_code == code


def test_another_authority_ends_with_1_and_names_the_failed_checks(files: Path) -> None:
    shown = verify(files, *with_everything(files, trust="other.pem"))
    failed = [line.split()[1] for line in shown.stdout.splitlines() if line.startswith("failed")]
    assert (shown.exit_code, failed) == (1, [Check.PATH, Check.PERIOD, Check.REVOCATION])
    assert shown.stdout.splitlines()[-1].startswith("Not proved")


@pytest.mark.parametrize("trust", ["trust.pem", "other.pem"])
def test_json_has_the_same_findings_as_one_object(files: Path, trust: str) -> None:
    as_text = verify(files, *with_everything(files, trust=trust))
    as_json = verify(files, *with_everything(files, "--json", trust=trust))
    report: dict[str, Any] = json.loads(as_json.stdout)
    assert as_json.exit_code == as_text.exit_code == (0 if report["proved"] else 1)
    assert report.keys() == {"proved", "findings", "summary"}
    listed = [f"{one['status']:<11} {one['check']:<19} {one['message']}" for one in report["findings"]]
    assert [*listed, report["summary"]] == as_text.stdout.splitlines()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff", b" " * (MAX_BYTES + 1)], ids=["empty", "{}", "bytes", "long"]
)
def test_a_file_that_is_no_export_ends_with_1_and_one_finding(files: Path, content: bytes) -> None:
    (files / "other.json").write_bytes(content)
    shown = verify(files, *with_everything(files), consent="other.json")
    assert shown.exit_code == 1
    assert [line.split()[:2] for line in shown.stdout.splitlines()[:-1]] == [["failed", "format"]]


def test_an_export_that_is_wrong_in_one_value_names_its_place_and_not_the_value(files: Path) -> None:
    (files / "other.json").write_bytes(document(exported() | {"basis": "見本-secret"}))
    shown = verify(files, consent="other.json")
    assert "basis" in shown.stdout
    assert "見本-secret" not in shown.output


@pytest.mark.parametrize("missing", ["consent.json", "trust.pem", "list.crl"])
def test_a_missing_file_is_named(files: Path, missing: str) -> None:
    (files / missing).unlink()
    stopped = verify(files, *with_everything(files))
    assert isinstance(stopped.exception, OperatorError)
    assert f"{missing} cannot be read" in str(stopped.exception)


def test_a_folder_is_no_file(files: Path) -> None:
    stopped = verify(files, "--trust", str(files))
    assert "cannot be read" in str(stopped.exception)


@pytest.mark.parametrize("content", [b"", b"no certificate", LIST])
def test_a_trust_store_without_certificates_is_an_error_and_no_empty_trust(
    files: Path, content: bytes
) -> None:
    (files / "trust.pem").write_bytes(content)
    stopped = verify(files, *with_everything(files))
    assert isinstance(stopped.exception, OperatorError)
    assert "contains no certificates" in str(stopped.exception)


def test_verifying_needs_neither_settings_nor_home(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUND_HOME", str(files / "home"))
    monkeypatch.setenv("FUND_TOKEN_SECONDS", "not a number")
    assert verify(files, *with_everything(files)).exit_code == 0
    assert not (files / "home").exists()
