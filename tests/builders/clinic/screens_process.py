"""The screens of a clinic as a process of their own, against the session's stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clinic_terminal.exchange.operator import DeskRole
from clinic_terminal.pages.session import new_operator
from clinic_terminal.pages.site import OPERATORS_FILE
from screens.operators import Operators
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
    Operators(home / OPERATORS_FILE).add(new_operator(name, DeskRole.DOCTOR, password))
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
