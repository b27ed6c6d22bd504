"""The command `jpki-mock`."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from typer.testing import CliRunner, Result

from jpki_mock.authority.keys import KeyProfile
from jpki_mock.card.card_file import CardFile
from jpki_mock.card.image import Faults, load_image
from jpki_mock.cli import app
from tests.unit.jpki_mock.builders import key_maker

Run = Callable[..., Result]
ADULT = "R5-00000001"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a folder of its own."""
    monkeypatch.setenv("JPKI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run_it(*words: str) -> Result:
        return CliRunner().invoke(app, words)

    return run_it


@pytest.fixture
def card(run: Run) -> str:
    """A card of the first resident."""
    assert run("residents", "--people", "5", "--seed", "5", "--out", "people.jsonl").exit_code == 0
    assert run("issue", "--resident", ADULT, "--out", "card.json", "--key", "p384").exit_code == 0
    return "card.json"


def listed(run: Run) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(run("list", "--json").stdout)
    return rows


def states(run: Run) -> dict[str, str]:
    return {f"{row['ca']} {row['serial']}": row["state"] for row in listed(run)}


def test_residents_are_written_and_added_to_the_register(run: Run, card: str) -> None:
    lines = Path("people.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["resident_id"] for line in lines] == [f"R5-0000000{n}" for n in range(1, 6)]
    assert Path(card).exists()


def test_residents_can_be_generated_without_a_register(run: Run, tmp_path: Path) -> None:
    made = run("residents", "--people", "2", "--seed", "5", "--no-register")
    assert len(made.stdout.splitlines()) == 2
    assert not (tmp_path / "home").exists()


def test_issue_prints_serial_numbers_and_no_name(run: Run, card: str) -> None:
    issued = run("issue", "--resident", ADULT, "--out", "other.json", "--key", "p384")
    assert re.fullmatch(r"issued auth-1 \d+\nissued sign-1 \d+\n", issued.stdout)


def test_a_lost_card_is_suspended_and_reissued_when_found(run: Run, card: str) -> None:
    assert run("suspend", card).exit_code == 0
    assert set(states(run).values()) == {"held"}
    assert run("resume", card).exit_code == 2
    assert run("renew", card, "--out", "new.json").exit_code == 0
    assert sorted(states(run).values()) == ["good", "good", "revoked", "revoked"]


def test_a_lost_phone_is_resumed_for_authentication_only(run: Run, card: str) -> None:
    options = ("--carrier", "android", "--key", "p384")
    assert run("issue", "--resident", ADULT, "--out", "phone.json", *options).exit_code == 0
    assert run("suspend", "phone.json").exit_code == 0
    assert run("resume", "phone.json").exit_code == 0
    assert sorted((row["ca"], row["state"]) for row in listed(run) if row["carrier"] == "android") == [
        ("auth-1", "good"),
        ("sign-1", "held"),
    ]


def test_a_phone_is_issued_after_a_card_and_suspended_with_it(run: Run, card: str) -> None:
    """Rule Q7."""
    options = ("--carrier", "android", "--key", "p384")
    assert run("issue", "--resident", ADULT, "--out", "phone.json", *options).exit_code == 0
    assert run("suspend", card).exit_code == 0
    assert set(states(run).values()) == {"held"}
    assert run("resume", "phone.json").exit_code == 2
    assert run("issue", "--resident", ADULT, "--out", "second.json", *options).exit_code == 2


def test_a_single_certificate_is_selected_by_authority_and_serial_number(run: Run, card: str) -> None:
    serial = next(row["serial"] for row in listed(run) if row["ca"] == "auth-1")
    revoked = run("revoke", "--ca", "auth-1", "--serial", serial, "--reason", "key-compromise")
    assert revoked.stdout == f"revoked auth-1 {serial}\n"
    assert states(run)[f"auth-1 {serial}"] == "revoked"


def test_the_certificate_of_a_card_is_printed_and_names_nobody(run: Run, card: str) -> None:
    printed = run("certificate", card)
    certificate = x509.load_pem_x509_certificate(printed.stdout.encode())
    assert str(certificate.serial_number) in {row["serial"] for row in listed(run) if row["ca"] == "auth-1"}
    assert printed.stdout.count("BEGIN") == 1
    assert "KEY" not in printed.stdout
    assert run("certificate", "missing.json").exit_code == 2


def test_a_change_of_address_revokes_the_signature_certificate(run: Run, card: str) -> None:
    assert run("change", ADULT, "--address", "架空県見本市本町９丁目").exit_code == 0
    assert {row["ca"]: row["state"] for row in listed(run)} == {"auth-1": "good", "sign-1": "revoked"}


def test_a_death_revokes_both(run: Run, card: str) -> None:
    assert run("record-death", ADULT, "--on", "2026-01-02").exit_code == 0
    assert {row["reason"] for row in listed(run)} == {"death"}


def test_a_card_issued_in_the_past_has_expired(run: Run, card: str) -> None:
    options = ("--issued-on", "2019-06-01", "--key", "p384")
    assert run("issue", "--resident", ADULT, "--out", "old.json", *options).exit_code == 0
    assert sorted(row["state"] for row in listed(run)) == ["expired", "expired", "good", "good"]


def test_cards_without_pin_or_signature_can_be_issued(run: Run, card: str) -> None:
    run("issue", "--resident", ADULT, "--out", "no-pin.json", "--no-pin", "--key", "p384")
    run("issue", "--resident", ADULT, "--out", "no-sign.json", "--no-signature", "--key", "p384")
    assert load_image(Path("no-pin.json")).pins.authentication.value is None
    assert load_image(Path("no-sign.json")).signature is None


def test_a_card_is_issued_with_faults_and_with_its_pin_locked(run: Run, card: str) -> None:
    options = ("--locked", "--fault", "lose-answer-at-apdu=3", "--fault", "corrupt-signature")
    assert run("issue", "--resident", ADULT, "--out", "x.json", "--key", "p384", *options).exit_code == 0
    image = load_image(Path("x.json"))
    assert image.pins.authentication.tries_left == 0
    assert image.faults == Faults(lose_answer_at_apdu=3, corrupt_signature=True)


def test_a_card_is_renewed_in_the_same_file(run: Run, card: str) -> None:
    before = load_image(Path(card))
    assert run("renew", card, "--out", card).exit_code == 0
    assert load_image(Path(card)).authentication != before.authentication


RENEW = ["renew", "card.json", "--out", "other.json"]
ISSUE = ["issue", "--resident", ADULT, "--key", "p384", "--out", "other.json"]


@pytest.mark.parametrize(
    ("words", "in_reader"), [(RENEW, "card.json"), (RENEW, "other.json"), (ISSUE, "other.json")]
)
def test_a_card_in_a_reader_is_neither_renewed_nor_overwritten(
    run: Run, card: str, words: list[str], in_reader: str
) -> None:
    run(*ISSUE)
    before = states(run)
    with CardFile(Path(in_reader)):
        refused = run(*words)
    assert refused.exit_code == 2
    assert refused.stderr.endswith("is in a reader.\n")
    assert states(run) == before


@pytest.mark.parametrize("words", [RENEW, ISSUE])
def test_a_card_whose_file_cannot_be_written_is_not_issued(run: Run, card: str, words: list[str]) -> None:
    before = states(run)
    assert run(*words[:-1], "people.jsonl/card.json").exit_code == 2
    assert run(*words[:-1], ".").exit_code == 2
    assert states(run) == before


def test_the_list_contains_no_names(run: Run, card: str) -> None:
    people = [json.loads(line) for line in Path("people.jsonl").read_text(encoding="utf-8").splitlines()]
    shown = run("list").stdout + run("list", "--json").stdout
    assert not any(
        person[field] in shown for person in people for field in ("name", "address", "resident_id")
    )


def test_the_fund_is_admitted_by_its_public_key(run: Run) -> None:
    key = key_maker()(KeyProfile.P256).public_key()
    Path("fund.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert run("admit", "fund.pem").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["issue", "--resident", "R5-99999999", "--out", "x.json"],
        ["issue", "--resident", ADULT, "--out", "x.json", "--pin", "12"],
        ["suspend", "missing.json"],
        ["suspend", "people.jsonl"],
        ["suspend"],
        ["suspend", "card.json", "--ca", "auth-1"],
        ["resume", "card.json"],
        ["revoke", "--reason", "change", "--ca", "auth-1", "--serial", "1"],
        ["revoke", "--reason", "request", "--ca", "nobody", "--serial", "1"],
        ["renew", "people.jsonl", "--out", "x.json"],
        ["residents", "--people", "1", "--seed", "1", "--out", "."],
        ["change", ADULT],
        ["change", ADULT, "--sex", "3"],
        ["issue", "--resident", ADULT, "--out", "x.json", "--fault", "unknown=1"],
        ["issue", "--resident", ADULT, "--out", "x.json", "--fault", "delay-ms"],
        ["plug", "card.json", "--fault", "pull-at-apdu=0"],
        ["plug", "people.jsonl"],
        ["record-death", ADULT, "--on", "1800-01-01"],
        ["record-death", ADULT, "--on", "9999-12-31"],
        ["admit", "people.jsonl"],
        ["admit", "missing.pem"],
        ["plug", "missing.json"],
    ],
)
def test_an_error_is_one_sentence_and_exit_code_2(run: Run, card: str, words: list[str]) -> None:
    refused = run(*words)
    assert refused.exit_code == 2
    assert re.fullmatch(r"[^\n]+\.\n", refused.stderr)
    assert "Traceback" not in refused.output


def test_a_wrong_day_is_refused(run: Run) -> None:
    assert run("record-death", ADULT, "--on", "yesterday").exit_code == 2


def test_a_card_signs_standard_input(run: Run, card: str) -> None:
    image = load_image(Path(card))
    done = CliRunner().invoke(app, ["sign", card], input=b"\0message\r\n")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer.keys() == {"certificate", "signature"}
    assert b64decode(answer["certificate"], validate=True) == image.authentication.certificate
    key = load_der_x509_certificate(image.authentication.certificate).public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    key.verify(b64decode(answer["signature"], validate=True), b"\0message\r\n", ECDSA(SHA384()))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--pin", "0000"), "The PIN is wrong; tries left: 2."),
        (("--pin", "12345"), "The PIN is four digits."),
    ],
)
def test_a_refused_signature_prints_one_sentence_without_the_pin(
    run: Run, card: str, options: tuple[str, str], sentence: str
) -> None:
    done = CliRunner().invoke(app, ["sign", card, *options], input=b"message")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"{sentence}\n")
