"""The terminal's commands with readers over PC/SC: real pcscd, virtual readers, emulated cards, a fake fund."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jpki_mock.card.image import Faults, load_image, save_image
from tests.builders import cards
from tests.builders.clinic.samples import credential
from tests.pcsc.sandbox import PcscSandbox

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 60

NO_APPLICATION = "6a82"
"""The card's response to VERIFY when no application is selected, that is, after it was powered down."""

HOLD_THE_CARD = """
import sys
from clinic_terminal.card.pcsc import open_reader_card
connection = open_reader_card(None, 5)
print("held", flush=True)
sys.stdin.readline()
connection.close()
"""

QUERY_TRIES_LEFT = """
from clinic_terminal.card.pcsc import open_reader_card
connection = open_reader_card(None, 5)
print(connection.transmit(bytes.fromhex("00200098")).hex())
connection.close()
"""

TAP_WITH_A_BLOCKING_FUND = """
import sys
from typing import Any
from clinic_terminal.cli import Dependencies, main
from tests.builders.clinic.fake_fund import FakeFund

class BlockingFund(FakeFund):
    def _challenge(self, body: dict[str, Any]) -> Any:
        print("verified", flush=True)
        sys.stdin.readline()
        return super()._challenge(body)

main(Dependencies(make_transport=lambda *_: BlockingFund().transport()))
"""


@dataclass(frozen=True, slots=True)
class Reception:
    """A reception with two readers."""

    sandbox: PcscSandbox
    credential_file: Path

    def start(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        environment = {
            **self.sandbox.environment,
            "TERMINAL_CREDENTIAL": str(self.credential_file),
            "TERMINAL_FUND_URL": "http://127.0.0.1:8000",
            **variables,
        }
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )

    def start_terminal(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return self.start("-m", "tests.builders.clinic", *arguments, **variables)

    def start_tap_until_the_pin_is_verified(self) -> subprocess.Popen[str]:
        """A tap whose fund waits for a line on standard input."""
        terminal = self.start("-c", TAP_WITH_A_BLOCKING_FUND, "tap", "--json", "--pin-stdin")
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        terminal.stdin.write(cards.AUTHENTICATION_PIN + "\n")
        terminal.stdin.flush()
        assert terminal.stdout.readline() == "verified\n"
        return terminal

    def tap(self, *arguments: str, pin: str = cards.AUTHENTICATION_PIN, **variables: str) -> dict[str, Any]:
        command = ("tap", "--json", "--timings", "--pin-stdin", *arguments)
        return read_report(self.start_terminal(*command, **variables), pin)


def read_report(terminal: subprocess.Popen[str], pin: str) -> dict[str, Any]:
    output, errors = terminal.communicate(pin + "\n", timeout=TIMEOUT_SECONDS)
    assert output, errors
    report: dict[str, Any] = json.loads(output)
    assert report["exit_code"] == terminal.returncode
    return report


def verify_apdu(path: Path) -> int:
    """The number of the VERIFY among the APDUs of a tap: after selections, certificate chunks and counter."""
    return 4 + -(-len(load_image(path).authentication.certificate) // 256)


def code_of(report: dict[str, Any]) -> str | None:
    problem: dict[str, Any] = report.get("problem", {})
    return problem.get("code")


@pytest.fixture
def credential_file(tmp_path: Path) -> Path:
    certificate = cards.terminal_certificate(
        start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC)
    )
    path = tmp_path / "terminal.json"
    credential(cards.p256_key(7), certificate).save(path)
    return path


@pytest.fixture
def reception(sandbox: PcscSandbox, credential_file: Path) -> Iterator[Reception]:
    """With the module's sandbox, whose readers are emptied afterwards."""
    yield Reception(sandbox, credential_file)
    for reader in range(2):
        sandbox.remove(reader)


@pytest.fixture
def own_reception(pcsc_available: None, credential_file: Path) -> Iterator[Reception]:
    """For cards that are pulled: pcscd misses a card that is back before its next poll, 400 ms later."""
    with PcscSandbox(readers=1) as sandbox:
        yield Reception(sandbox, credential_file)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"carrier": "android"},
        {"authentication": cards.key_slot(cards.p384_key())},
        {"faults": Faults(first_command_6f00=True)},
    ],
    ids=["card", "phone", "p-384", "first-command-6f00"],
)
def test_a_card_in_a_reader_is_tapped(reception: Reception, tmp_path: Path, changes: dict[str, Any]) -> None:
    reception.sandbox.insert(0, cards.card_file(tmp_path, **changes))
    report = reception.tap("--consent", "all", "--agree")
    assert (report["outcome"], code_of(report)) == ("valid", None)
    assert report["consent"]["outcome"] == "given"


def test_a_tap_ends_with_the_first_command_after_the_pin(reception: Reception, tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    reception.sandbox.insert(0, path)
    assert reception.tap()["timings_ms"]["apdus"] == verify_apdu(path) + 1


def test_a_visual_check_needs_no_pin(reception: Reception, tmp_path: Path) -> None:
    reception.sandbox.insert(0, cards.card_file(tmp_path, pins=cards.pins(authentication=cards.pin(None, 3))))
    assert code_of(reception.tap()) == "pin-unset"
    visual = ("--visual-check", "--operator", "受付 太郎", "--consent", "all", "--agree")
    assert reception.tap(*visual)["consent"]["outcome"] == "given"


def test_a_card_inserted_while_the_terminal_waits_is_read(reception: Reception, tmp_path: Path) -> None:
    terminal = reception.start_terminal("tap", "--json", "--pin-stdin", "--wait", "30")
    reception.sandbox.insert(1, cards.card_file(tmp_path))
    assert read_report(terminal, cards.AUTHENTICATION_PIN)["outcome"] == "valid"


def test_a_wrong_pin_is_counted_in_the_card(reception: Reception, tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    reception.sandbox.insert(0, path)
    report = reception.tap(pin="9999")
    assert (code_of(report), report["tries_left"]) == ("pin-wrong", 2)
    assert load_image(path).pins.authentication.tries_left == 2


def test_after_a_tap_the_card_is_powered_down(reception: Reception, tmp_path: Path) -> None:
    reception.sandbox.insert(0, cards.card_file(tmp_path))
    assert reception.tap()["outcome"] == "valid"
    status_word, errors = reception.start("-c", QUERY_TRIES_LEFT).communicate(timeout=TIMEOUT_SECONDS)
    assert status_word.strip() == NO_APPLICATION, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda it: it.name)
def test_a_tap_terminated_after_the_pin_powers_the_card_down(
    reception: Reception, tmp_path: Path, number: signal.Signals
) -> None:
    reception.sandbox.insert(0, cards.card_file(tmp_path))
    terminal = reception.start_tap_until_the_pin_is_verified()
    terminal.send_signal(number)
    output, errors = terminal.communicate(timeout=TIMEOUT_SECONDS)
    given_up = number is signal.SIGINT
    assert terminal.returncode == (1 if given_up else 128 + number), errors
    assert ("given-up" in output) is given_up

    status_word, errors = reception.start("-c", QUERY_TRIES_LEFT).communicate(timeout=TIMEOUT_SECONDS)
    assert status_word.strip() == NO_APPLICATION, errors


def test_a_service_that_dies_during_a_tap_is_reported(own_reception: Reception, tmp_path: Path) -> None:
    own_reception.sandbox.insert(0, cards.card_file(tmp_path))
    terminal = own_reception.start_tap_until_the_pin_is_verified()
    own_reception.sandbox.__exit__()
    report = read_report(terminal, "")
    assert code_of(report) == "reader-service-missing"
    assert re.fullmatch("8010[0-9A-F]{4}", report["problem"]["pcsc"])


def test_a_card_held_by_another_program_is_in_use(reception: Reception, tmp_path: Path) -> None:
    reception.sandbox.insert(0, cards.card_file(tmp_path))
    holder = reception.start("-c", HOLD_THE_CARD)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    report = reception.tap()
    holder.communicate("\n", timeout=TIMEOUT_SECONDS)
    assert code_of(report) == "card-in-use"


@pytest.mark.parametrize("command", [1, 4, 7, 8])
def test_a_card_pulled_during_a_tap_is_reported_and_costs_no_try(
    own_reception: Reception, tmp_path: Path, command: int
) -> None:
    path = cards.card_file(tmp_path, faults=Faults(pull_at_apdu=command))
    own_reception.sandbox.insert(0, path)
    report = own_reception.tap()
    assert (code_of(report), report["timings_ms"]["apdus"]) == ("card-removed", command)
    assert load_image(path).pins.authentication.tries_left == 3


def test_a_lost_response_to_verify_may_cost_a_try_and_is_not_retried(
    own_reception: Reception, tmp_path: Path
) -> None:
    path = cards.card_file(tmp_path, pins=cards.pins(authentication=cards.pin("1234", 3, 2)))
    verify = verify_apdu(path)
    save_image(load_image(path).with_faults(Faults(lose_answer_at_apdu=verify)), path)
    own_reception.sandbox.insert(0, path)
    lost = own_reception.tap(pin="9999")
    assert (code_of(lost), lost["tries_left"], lost["timings_ms"]["apdus"]) == ("card-removed", None, verify)
    assert load_image(path).pins.authentication.tries_left == 1

    own_reception.sandbox.insert(0, path)
    asked = own_reception.tap()
    assert (code_of(asked), asked["tries_left"]) == ("pin-last-try", 1)
    assert asked["timings_ms"]["apdus"] == verify - 1
    assert load_image(path).pins.authentication.tries_left == 1


def test_with_two_cards_the_reader_must_be_named(reception: Reception, tmp_path: Path) -> None:
    for reader in range(2):
        reception.sandbox.insert(reader, cards.card_file(tmp_path, f"card-{reader}.json"))
    assert code_of(reception.tap()) == "card-several"
    assert reception.tap("--reader", reception.sandbox.reader_names[1])["outcome"] == "valid"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--wait", "0"], "card-missing"), (["--reader", "Another Reader"], "reader-missing")],
)
def test_a_missing_card_or_reader_is_reported(reception: Reception, arguments: list[str], code: str) -> None:
    report = reception.tap(*arguments)
    assert (code_of(report), report["exit_code"]) == (code, 20)


def test_a_missing_service_is_reported(reception: Reception, tmp_path: Path) -> None:
    report = reception.tap(PCSCLITE_CSOCK_NAME=str(tmp_path / "none"))
    assert (code_of(report), report["exit_code"]) == ("reader-service-missing", 20)


def test_readers_are_listed_with_their_cards(reception: Reception, tmp_path: Path) -> None:
    reception.sandbox.insert(1, cards.card_file(tmp_path))
    output, _ = reception.start_terminal("readers").communicate(timeout=TIMEOUT_SECONDS)
    first, second = reception.sandbox.reader_names
    assert output.splitlines() == [f"{first}\tカードなし / no card", f"{second}\tカードあり / card"]
