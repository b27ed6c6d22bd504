"""OpenSC's driver for JPKI cards accepts the emulated card: name, listing, PIN, signature."""

from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from jpki_mock.card import profile
from jpki_mock.card.image import load_image
from jpki_mock.card.in_process import open_card
from tests.builders.cards import AUTHENTICATION_PIN, SIGNATURE_PIN, card_file, select
from tests.pcsc.sandbox import PcscSandbox


@pytest.fixture
def card(sandbox: PcscSandbox, tmp_path: Path) -> Iterator[Path]:
    """A standard card in the first reader."""
    path = card_file(tmp_path)
    sandbox.insert(0, path)
    yield path
    sandbox.remove(0)


def output(run: CompletedProcess[str]) -> str:
    assert run.returncode == 0, run.stderr
    return run.stdout


def pkcs11(sandbox: PcscSandbox, *arguments: str) -> CompletedProcess[str]:
    return sandbox.run("pkcs11-tool", "--module", "opensc-pkcs11.so", *arguments)


def sign(sandbox: PcscSandbox, folder: Path, slot: int, pin: str, key: str) -> CompletedProcess[str]:
    """Sign the file `message` into the file `signature`."""
    (folder / "message").write_bytes(b"to be signed")
    files = ("--input-file", str(folder / "message"), "--output-file", str(folder / "signature"))
    chosen = ("--slot", str(slot), "--login", "--pin", pin, "--sign", "--id", key)
    return pkcs11(sandbox, *chosen, "-m", "SHA256-RSA-PKCS", *files)


def openssl_verifies(sandbox: PcscSandbox, folder: Path, certificate: str) -> str:
    """The output of openssl for the signature, with the key of a certificate (PEM)."""
    (folder / "certificate").write_text(certificate)
    key = output(sandbox.run("openssl", "x509", "-in", str(folder / "certificate"), "-noout", "-pubkey"))
    (folder / "key").write_text(key)
    files = ("-signature", str(folder / "signature"), str(folder / "message"))
    return output(sandbox.run("openssl", "dgst", "-sha256", "-verify", str(folder / "key"), *files)).strip()


def read_certificate(sandbox: PcscSandbox, *arguments: str) -> str:
    return output(sandbox.run("pkcs15-tool", "--read-certificate", *arguments))


def tries_left(sandbox: PcscSandbox) -> list[str]:
    pins = output(sandbox.run("pkcs15-tool", "--list-pins"))
    return [line.split()[-1] for line in pins.splitlines() if "Tries left" in line]


def test_the_card_is_recognised(sandbox: PcscSandbox, card: Path) -> None:
    assert output(sandbox.run("opensc-tool", "--name")).strip() == "jpki"
    atr = output(sandbox.run("opensc-tool", "--atr")).strip()
    assert bytes.fromhex(atr.replace(":", "")) == profile.ATR


def test_certificates_and_pins_are_listed(sandbox: PcscSandbox, card: Path) -> None:
    certificates = output(sandbox.run("pkcs15-tool", "--list-certificates"))
    assert [line.split()[-1] for line in certificates.splitlines() if "Path" in line] == [
        "000a",
        "0001",
        "000b",
        "0002",
    ]
    assert tries_left(sandbox) == ["3", "5"]
    assert "Private RSA Key" in output(sandbox.run("pkcs15-tool", "--dump"))


def test_openssl_verifies_what_the_authentication_key_signed(
    sandbox: PcscSandbox, card: Path, tmp_path: Path
) -> None:
    output(sign(sandbox, tmp_path, 0, AUTHENTICATION_PIN, "01"))
    certificate = read_certificate(sandbox, "1")
    assert openssl_verifies(sandbox, tmp_path, certificate) == "Verified OK"


def test_openssl_verifies_what_the_signature_key_signed(
    sandbox: PcscSandbox, card: Path, tmp_path: Path
) -> None:
    output(sign(sandbox, tmp_path, 1, SIGNATURE_PIN, "02"))
    certificate = read_certificate(sandbox, "2", "--verify-pin", "--auth-id", "2", "--pin", SIGNATURE_PIN)
    assert openssl_verifies(sandbox, tmp_path, certificate) == "Verified OK"


def test_the_signature_certificate_needs_its_pin(sandbox: PcscSandbox, card: Path) -> None:
    assert sandbox.run("pkcs15-tool", "--read-certificate", "2").returncode != 0


def test_pkcs11_tool_finds_no_errors(sandbox: PcscSandbox, card: Path) -> None:
    run = pkcs11(sandbox, "--slot", "0", "--login", "--pin", AUTHENTICATION_PIN, "--test")
    assert "No errors" in output(run)


def test_a_wrong_pin_decrements_the_counter_for_every_client(
    sandbox: PcscSandbox, card: Path, tmp_path: Path
) -> None:
    refused = sign(sandbox, tmp_path, 0, "9999", "01")
    assert refused.returncode != 0
    assert "CKR_PIN_INCORRECT" in refused.stderr
    assert load_image(card).pins.authentication.tries_left == 2
    assert tries_left(sandbox) == ["2", "5"]
    sandbox.remove(0)
    connection = open_card(card)
    connection.transmit(bytes.fromhex(select()))
    assert connection.transmit(bytes.fromhex("00200098")).hex() == "63c2"
    connection.close()
    sandbox.insert(0, card)
    output(sign(sandbox, tmp_path, 0, AUTHENTICATION_PIN, "01"))
    assert load_image(card).pins.authentication.tries_left == 3
