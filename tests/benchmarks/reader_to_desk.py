"""From the card to the desk, on the screens of one machine: `python -m tests.benchmarks.reader_to_desk`.

Starts the stack and the terminal's screens, in which an emulated card is placed through the reader's page; a program presses
the buttons and gives the PIN. Prints, in milliseconds, the median and the 95th percentile from the insertion until the reader
asks, from 確定 until the answer is on the reader, and from the insertion until the visit is at the desk.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from shikaku.clock import today
from shikaku.sites import RECEPTION, serve_exchange
from shikaku.stack import PIN, Stack
from shikaku.story.cast import roles
from shikaku.story.reception import ReceptionScenes

_WAIT_SECONDS = 20.0
_CARD = "P00-valid"


class Patient:
    """Presses the buttons of the reader's page, and reads the desk's list."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def log_in(self) -> None:
        """Log in at the desk."""
        self._http.post("/login", data={"name": RECEPTION[0], "password": RECEPTION[1]})

    def place(self, card: str) -> None:
        """Put a card of the shelf in the reader, or take it out."""
        self._http.post("/reader/shelf", data={"card": card})

    def at(self, step: str) -> int:
        """The version of a step's screen, as soon as the reader shows it."""

        def found() -> int | None:
            match = re.search(
                r'data-step="(\S+) .*?data-version="(\d+)"', self._http.get("/reader").text, re.DOTALL
            )
            return int(match[2]) if match is not None and match[1] == step else None

        return _soon(found)

    def press(self, version: int, choice: str, **more: str) -> None:
        """Press a button."""
        self._http.post("/reader/choose", data={"version": str(version), "choice": choice, **more})

    def visits(self) -> int:
        """The visits in the desk's list."""
        return len(set(re.findall(r"/desk/visits/([A-Za-z0-9_-]+)", self._http.get("/desk").text)))

    def tap(self) -> tuple[float, float, float]:
        """One card: milliseconds until the question, from the PIN to the answer, and from the card to the desk's list.

        Every button is pressed as soon as it is there; the last figure includes a refused consent.
        """
        before = self.visits()
        began = time.perf_counter()
        self.place(_CARD)
        version = self.at("method")
        asked = time.perf_counter()
        self.press(version, "pin")
        version = self.at("pin")
        entered = time.perf_counter()
        self.press(version, "send", pin=PIN)
        version = self.at("consent")
        answered = time.perf_counter()
        self.press(version, "no")
        _soon(lambda: True if self.visits() > before else None)
        listed = time.perf_counter()
        self.at("done")
        self.place("")
        self.at("idle")
        return 1000 * (asked - began), 1000 * (answered - entered), 1000 * (listed - began)


def _soon(found: Callable[[], int | None]) -> int:
    deadline = time.perf_counter() + _WAIT_SECONDS
    while (value := found()) is None:
        if time.perf_counter() > deadline:
            raise SystemExit("the screen does not come")
    return value


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taps", type=int, default=20)
    taps = parser.parse_args().taps
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder) / "stack") as stack:
        ReceptionScenes(stack, roles(today())).prepare()
        shutil.copy(stack.cards / "valid.json", stack.cards / f"{_CARD}.json")
        serve_exchange(stack, stack.home / "exchange")
        url = stack.screens_url
        with httpx2.Client(base_url=url, headers={"Origin": url}, trust_env=False) as http:
            patient = Patient(http)
            patient.log_in()
            patient.tap()
            rows = [patient.tap() for _ in range(taps)]
    for name, values in zip(
        ("card to question", "PIN to answer", "card to desk"), zip(*rows, strict=True), strict=True
    ):
        ordered = sorted(values)
        print(
            f"{name}: median {statistics.median(ordered):.0f} ms, 95 % {ordered[int(0.95 * (len(ordered) - 1))]:.0f} ms"
        )


if __name__ == "__main__":
    main()
