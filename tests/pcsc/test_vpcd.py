"""The client side of vpcd against a played driver: framing, removal, and the end of `serve_card`."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jpki_mock.card import profile
from jpki_mock.card.image import Faults
from jpki_mock.card.in_process import open_card
from jpki_mock.card.vpcd import InsertedCard
from tests.builders.cards import card_file, select

SELECT = bytes.fromhex(select())
SERVE = "import sys; from pathlib import Path; from jpki_mock.card.vpcd import serve_card; "
SERVE += "serve_card(Path(sys.argv[1]), '127.0.0.1', int(sys.argv[2]))"


class Driver:
    """A listening driver with at most one card."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._listener.settimeout(20)

    def accept(self) -> None:
        """Wait for the card."""
        self.card, _ = self._listener.accept()
        self.card.settimeout(20)

    def ask(self, message: bytes) -> bytes:
        """Send a message as the driver does, length and body apart; return the answer's body."""
        self.card.sendall(len(message).to_bytes(2))
        self.card.sendall(message)
        size = int.from_bytes(self.card.recv(2, socket.MSG_WAITALL))
        return self.card.recv(size, socket.MSG_WAITALL)

    def close(self) -> None:
        """Hang up."""
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
        driver.card.sendall(b"\x00\x01\x01")
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
    driver.card.sendall(b"\x00\x01\x01")
    with pytest.raises(ConnectionResetError):
        driver.ask(SELECT)
    inserted.wait()
    open_card(path).close()
    inserted.remove()


def test_a_card_survives_the_driver_hanging_up(driver: Driver, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_cleanly(driver: Driver, tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", SERVE, str(card_file(tmp_path)), str(driver.port)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        driver.accept()
        assert driver.ask(b"\x04") == profile.ATR
        process.send_signal(number)
        assert process.wait(20) == 0
    with pytest.raises(ConnectionResetError):
        driver.card.recv(1)
