"""The client side of vpcd against a fake driver: framing, removal, and the end of `jpki-mock plug`."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jpki_mock.card import profile
from jpki_mock.card.image import Faults, load_image
from jpki_mock.card.in_process import open_card
from jpki_mock.card.vpcd import InsertedCard
from jpki_mock.cli import app
from tests.builders.cards import card_file, select, verify

SELECT = bytes.fromhex(select())
WRONG_PIN = bytes.fromhex(verify(profile.AUTHENTICATION_PIN, "0000"))
POWER_ON = b"\x00\x01\x01"


class Driver:
    """A fake driver that listens for one card."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._listener.settimeout(20)

    def accept(self) -> None:
        """Wait for the card's connection."""
        self.card, _ = self._listener.accept()
        self.card.settimeout(20)

    def ask(self, message: bytes) -> bytes:
        """Send a message as the driver does, length and body separately; returns the response's body."""
        self.card.sendall(len(message).to_bytes(2))
        self.card.sendall(message)
        size = int.from_bytes(self.card.recv(2, socket.MSG_WAITALL))
        return self.card.recv(size, socket.MSG_WAITALL)

    def close(self) -> None:
        """Close the connection."""
        self._listener.close()
        if hasattr(self, "card"):
            self.card.close()


@pytest.fixture
def driver() -> Iterator[Driver]:
    played = Driver()
    yield played
    played.close()


def test_the_card_answers_until_it_is_removed(driver: Driver, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    with InsertedCard(path, port=driver.port):
        driver.accept()
        assert driver.ask(b"\x04") == profile.ATR
        driver.card.sendall(POWER_ON)
        assert driver.ask(SELECT) == b"\x90\x00"
        with pytest.raises(BlockingIOError):
            open_card(path)
    with pytest.raises(ConnectionResetError):
        driver.card.recv(1)
    open_card(path).close()


def test_a_pulled_card_resets_the_connection_and_is_free(driver: Driver, tmp_path: Path) -> None:
    path = card_file(tmp_path, faults=Faults(pull_at_apdu=1))
    inserted = InsertedCard(path, port=driver.port)
    driver.accept()
    driver.card.sendall(POWER_ON)
    with pytest.raises(ConnectionResetError):
        driver.ask(SELECT)
    inserted.wait()
    open_card(path).close()
    inserted.remove()


def test_a_card_is_free_after_the_driver_disconnects(driver: Driver, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    inserted = InsertedCard(path, port=driver.port)
    driver.accept()
    driver.card.sendall(b"\x00")  # half a length
    driver.card.close()
    inserted.wait()
    open_card(path).close()


def test_without_a_driver_the_card_stays_free(driver: Driver, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    driver.close()
    with pytest.raises(ConnectionRefusedError):
        InsertedCard(path, port=driver.port)
    open_card(path).close()


def test_a_lost_response_was_counted(driver: Driver, tmp_path: Path) -> None:
    path = card_file(tmp_path, faults=Faults(lose_answer_at_apdu=2))
    inserted = InsertedCard(path, port=driver.port)
    driver.accept()
    driver.card.sendall(POWER_ON)
    assert driver.ask(SELECT) == b"\x90\x00"
    with pytest.raises(ConnectionResetError):
        driver.ask(WRONG_PIN)
    inserted.wait()
    assert load_image(path).pins.authentication.tries_left == 2


@contextmanager
def plugged(path: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`jpki-mock plug` in a separate process."""
    command = [
        "-c",
        "from jpki_mock.cli import main; main()",
        "plug",
        str(path),
        "--port",
        str(port),
        *options,
    ]
    with subprocess.Popen(
        [sys.executable, *command], cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_cleanly_at_any_time(
    driver: Driver, tmp_path: Path, number: signal.Signals
) -> None:
    with plugged(card_file(tmp_path), driver.port) as process:
        driver.accept()
        process.send_signal(number)
        assert process.wait(20) == 0
    with pytest.raises(ConnectionResetError):
        driver.card.recv(1)


def test_a_card_removed_by_a_fault_option_is_reported(driver: Driver, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    with plugged(path, driver.port, "--fault", "pull-at-apdu=1") as process:
        driver.accept()
        driver.card.sendall(POWER_ON)
        with pytest.raises(ConnectionResetError):
            driver.ask(SELECT)
        assert process.wait(20) == 2
        assert process.stderr is not None
        assert process.stderr.read() == f"{path}: came out of the reader.\n"
    assert load_image(path).faults == Faults()


def plug(path: Path, port: int) -> Result:
    return CliRunner().invoke(app, ["plug", str(path), "--port", str(port)])


def test_without_a_driver_plug_fails(driver: Driver, tmp_path: Path) -> None:
    driver.close()
    refused = plug(card_file(tmp_path), driver.port)
    expected = f"127.0.0.1:{driver.port}: no driver of a virtual reader listens there.\n"
    assert (refused.exit_code, refused.stderr) == (2, expected)


def test_a_card_in_another_reader_is_not_plugged(driver: Driver, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    with InsertedCard(path, port=driver.port):
        refused = plug(path, driver.port)
    assert (refused.exit_code, refused.stderr) == (2, f"{path}: is in a reader.\n")


def test_a_card_whose_key_cannot_be_read_is_not_plugged(driver: Driver, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    path.write_text(path.read_text().replace("BEGIN PRIVATE KEY", "BEGIN PUBLIC KEY"))
    refused = plug(path, driver.port)
    assert (refused.exit_code, refused.stderr) == (2, "The file is not a card.\n")
