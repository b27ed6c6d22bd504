"""The screens of a clinic as a process of their own, against the session's stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shikaku.processes import Service
from tests.builders.stack import PopulatedStack

DOCTOR = ("見本　医師", "doctor-password")
_URL = re.compile(r"^The screens are served at (\S+): ", re.MULTILINE)
_WAIT_SECONDS = 60.0


@contextmanager
def clinic_screens(
    stack: PopulatedStack, home: Path, *options: str | Path, **variables: str
) -> Iterator[str]:
    """`clinic-terminal serve --pages` with a doctor who may log in; yields the base URL."""
    environment = stack.environment | {"TERMINAL_HOME": str(home)} | variables
    name, password = DOCTOR
    stack.run(
        "clinic-terminal", "add-operator", name, "--role", "doctor", "--password-stdin",
        stdin=f"{password}\n", variables={"TERMINAL_HOME": str(home)},
    )  # fmt: skip
    log = home / "screens.log"
    with log.open("ab") as lock:
        service = Service(
            "clinic-terminal", ("serve", "--pages", "0", *options), environment, log, lock.fileno()
        )
    try:
        service.wait_for("screens", lambda: _URL.search(log.read_text()) is not None, _WAIT_SECONDS)
        found = _URL.search(log.read_text())
        assert found is not None
        yield found[1].rstrip("/")
    finally:
        service.stop()
