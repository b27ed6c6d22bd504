"""The first process inside the sandbox's namespaces: sets up network and pcscd, and inserts cards into the
readers.

Started by `sandbox.py` as PID 1 of the namespace, so that every process in it ends with this one. It reads
one JSON request per line from its standard input and ends when that is closed.
"""

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from smartcard import scard

from jpki_mock.card.vpcd import DEFAULT_PORT, InsertedCard

TIMEOUT_SECONDS = 20.0
_POLL_SECONDS = 0.01
_SLICE_MILLISECONDS = 500
_SLOTS = 2
"""Slots of one instance of the driver."""
_PORT_STEP = 10
_NAME = "Virtual PCD"
_SHIPPED = Path("/etc/reader.conf.d/vpcd")
_RUN = Path("/run/pcscd")


class Readers:
    """The sandbox's readers, with the cards in them."""

    def __init__(self, service: int, names: list[str]) -> None:
        self._service = service
        self.names = names
        self._cards: dict[int, InsertedCard] = {}
        self._events = [0] * len(names)

    def insert(self, reader: int, card: str) -> None:
        """Insert a card file and wait until PC/SC has detected it."""
        self.remove(reader)
        port = DEFAULT_PORT + _PORT_STEP * (reader // _SLOTS) + reader % _SLOTS
        self._cards[reader] = InsertedCard(Path(card), port=port)
        self._wait(reader, scard.SCARD_STATE_PRESENT)

    def remove(self, reader: int) -> None:
        """Remove the card, if there is one, and wait until PC/SC has detected it."""
        if (card := self._cards.pop(reader, None)) is not None:
            card.remove()
            self._wait(reader, scard.SCARD_STATE_EMPTY)

    def _wait(self, reader: int, expected: int) -> None:
        """Wait for a state with a new event number.

        The state is not sufficient: after a failed command pcscd reports a reader as empty before its polling
        thread has noticed, and a card inserted in between is not detected until it is removed again.
        """
        rows: list[Any] = [(self.names[reader], scard.SCARD_STATE_UNAWARE)]
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            result, states = scard.SCardGetStatusChange(self._service, _SLICE_MILLISECONDS, rows)
            if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
                raise RuntimeError(scard.SCardGetErrorMessage(result))
            rows = [(name, state) for name, state, _ in states]
            state, event = rows[0][1], rows[0][1] >> 16
            if state & expected and event != self._events[reader]:
                self._events[reader] = event
                return
        raise TimeoutError(f"reader {reader} did not change")


def main() -> None:
    """Set everything up, report the readers, and handle requests until standard input is closed."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    raise_loopback()
    mount_run(folder)
    with pcscd(folder, count) as server:
        service = establish(server, folder)
        readers = Readers(service, list_readers(service, count))
        reply({"readers": readers.names})
        for line in sys.stdin:
            reply({"error": handle(readers, json.loads(line))})
    shutil.rmtree(folder, ignore_errors=True)  # its creator may have died


def handle(readers: Readers, request: dict[str, Any]) -> str | None:
    """Handle one request; returns the error, or None."""
    try:
        if request["do"] == "insert":
            readers.insert(request["reader"], request["card"])
        else:
            readers.remove(request["reader"])
    except (OSError, RuntimeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def reply(message: dict[str, Any]) -> None:
    """Print one line of JSON."""
    print(json.dumps(message), flush=True)


def raise_loopback() -> None:
    """Bring `lo` up, by ioctl: iproute2 may not be installed."""
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, get_flags, request))[1]
        fcntl.ioctl(control, set_flags, struct.pack("16sH14x", b"lo", flags | up))


def mount_run(folder: Path) -> None:
    """Mount `folder` where pcscd creates its socket: pcscd has no option for it."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    _RUN.mkdir()
    subprocess.run(["mount", "--bind", str(folder), str(_RUN)], check=True)


@contextmanager
def pcscd(folder: Path, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run pcscd with that many virtual readers (or one more)."""
    options = ["--disable-polkit"] if _knows_polkit() else []
    command = ["pcscd", "--foreground", "--config", str(configuration(folder, count)), *options]
    with (
        (folder / "pcscd.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        try:
            yield server
        finally:
            server.kill()


def configuration(folder: Path, count: int) -> Path:
    """Write a reader.conf.d folder. Instances of one driver file share its variables, so each gets a copy."""
    shipped = dict(line.split(maxsplit=1) for line in _SHIPPED.read_text().splitlines() if " " in line)
    driver = Path(shipped["LIBPATH"].strip())
    target = folder / "reader.conf.d"
    target.mkdir()
    for instance in range((count + _SLOTS - 1) // _SLOTS):
        copy = folder / f"vpcd-{instance}.so"
        copy.write_bytes(driver.read_bytes())
        port = f"{DEFAULT_PORT + _PORT_STEP * instance:#X}"
        name = f"{_NAME} {chr(ord('A') + instance)}"  # pcscd numbers slots anew for each instance
        (target / f"vpcd-{instance}").write_text(
            f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:{port}\nLIBPATH {copy}\nCHANNELID {port}\n'
        )
    return target


def _knows_polkit() -> bool:
    help_text = subprocess.run(["pcscd", "--help"], capture_output=True, check=False)
    return b"--disable-polkit" in help_text.stdout + help_text.stderr


def establish(server: subprocess.Popen[bytes], folder: Path) -> int:
    """Wait until pcscd accepts clients, and return a context."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        result, service = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if result == scard.SCARD_S_SUCCESS:
            return int(service)
        time.sleep(_POLL_SECONDS)
    raise RuntimeError("pcscd does not accept clients: " + (folder / "pcscd.log").read_text())


def list_readers(service: int, count: int) -> list[str]:
    """Wait until all readers exist, and return their names in the order of their slots."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        _, names = scard.SCardListReaders(service, [])
        ours = sorted(name for name in names or [] if name.startswith(_NAME))
        if len(ours) >= count:
            return ours[:count]
        time.sleep(_POLL_SECONDS)
    raise TimeoutError("the virtual readers did not appear")


if __name__ == "__main__":
    os.environ.pop("PCSCLITE_CSOCK_NAME", None)  # inside, the socket is at pcscd's default path
    main()
