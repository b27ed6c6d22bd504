"""`jpki-mock devices`: files, states, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner, Result

from jpki_mock.cli import app


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPKI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["devices", *words])


def states() -> dict[str, str]:
    return {row["name"]: row["state"] for row in json.loads(run("list", "--json").stdout)}


def test_a_device_is_certified_revoked_and_on_the_list() -> None:
    assert run("issue", "clinic-1", "--out", "one.pem").exit_code == 0
    assert run("issue", "clinic-2", "--out", "two.pem").exit_code == 0
    assert Path("one.pem").stat().st_mode & 0o777 == 0o600
    assert run("revoke", "one.pem").exit_code == 0
    assert states() == {"clinic-1": "revoked", "clinic-2": "good"}
    assert run("crl", "--out", "crl.pem").exit_code == 0
    serial = x509.load_pem_x509_certificate(Path("one.pem").read_bytes()).serial_number
    [entry] = x509.load_pem_x509_crl(Path("crl.pem").read_bytes())
    assert entry.serial_number == serial


def test_a_certificate_of_the_past_is_expired() -> None:
    assert run("issue", "old", "--out", "old.pem", "--days", "1", "--issued-on", "2026-01-05").exit_code == 0
    assert states() == {"old": "expired"}
    assert run("list").stdout.split("\t")[0] == "old"


def test_the_authoritys_certificate_is_named() -> None:
    path = Path(run("authority").stdout.strip())
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    assert "SYNTHETIC" in certificate.subject.rfc4514_string()


def test_a_second_revocation_is_refused_in_a_sentence() -> None:
    run("issue", "clinic-1", "--out", "one.pem")
    run("revoke", "one.pem")
    done = run("revoke", "one.pem")
    assert (done.exit_code, done.stderr) == (2, "The certificate is already revoked.\n")


@pytest.mark.parametrize("content", [b"", b"\xff", b"-----BEGIN CERTIFICATE-----\n", b"A" * 100_000])
def test_a_file_without_certificate_is_refused(content: bytes) -> None:
    Path("none.pem").write_bytes(content)
    done = run("revoke", "none.pem")
    assert (done.exit_code, done.stderr) == (2, "The file has no certificate.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("issue", "-1", "--out", "x.pem"),
        ("issue", "clinic 1", "--out", "x.pem"),
        ("issue", "clinic-1"),
        ("issue", "clinic-1", "--out", "x.pem", "--days", "0"),
        ("issue", "clinic-1", "--out", "x.pem", "--days", "9999"),
        ("issue", "clinic-1", "--out", "x.pem", "--issued-on", "2026-02-30"),
        ("crl", "--out", "x.pem", "--days", "400"),
        ("revoke", "x.pem"),
    ],
    ids=" ".join,
)
def test_another_value_is_refused_and_no_file_written(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
    assert not Path("x.pem").exists()
