"""What people and other programs open in a running stack: the clinic's screens and exchange folder, the insurer's desk, the sandbox's console."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import httpx2

from shikaku.private_files import write_private
from shikaku.processes import START_SECONDS, StackError
from shikaku.stack import INSTITUTION_NAME, Stack

SENDER = ("見本　送信", "mihon-soushin")
APPROVER = ("見本　承認", "mihon-shounin")
"""The two operators of the insurer's enrolment desk, with their passwords."""

RECEPTION = ("見本　受付", "mihon-uketsuke")
DOCTOR = ("見本　医師", "mihon-ishi")
"""The two operators of the clinic's screens, with their passwords."""

_WEB_FACE = re.compile(r"^The web API answers at (\S+)$", re.MULTILINE)
_SCREENS = re.compile(r"^The screens are served at (\S+): ", re.MULTILINE)


def serve_exchange(stack: Stack, root: Path) -> str:
    """Let the clinic's terminal answer the exchange folder `root`, and over HTTP; returns the base URL.

    From then on taps of the clinic leave their files in it, and its software asks for medical files in the doctor's
    name. The same process serves the screens, at `screens_url`, with the test persons' cards on a shelf. Raises
    StackError.
    """
    for (name, password), role in ((RECEPTION, "reception"), (DOCTOR, "doctor")):
        options = ("--role", role, "--password-stdin")
        stack.run("clinic-terminal", "add-operator", name, *options, stdin=f"{password}\n")
    stack.connect(
        TERMINAL_EXCHANGE_ROOT=str(root),
        TERMINAL_EXCHANGE_OPERATOR=DOCTOR[0],
        TERMINAL_EXCHANGE_ROLE="doctor",
    )
    ports = ("--http", str(stack.ports.web_face), "--pages", str(stack.ports.screens))
    service = stack.start_service("clinic-terminal", "serve", "--root", root, *ports, "--shelf", stack.cards)
    service.wait_for("exchange folder", (root / "req").is_dir, START_SECONDS)
    service.wait_for("screens", lambda: _announced(_SCREENS, service.log) is not None, START_SECONDS)
    stack.screens_url = _announced(_SCREENS, service.log) or ""
    stack.web_face_url = _announced(_WEB_FACE, service.log) or ""
    return stack.web_face_url


def _announced(line: re.Pattern[str], log: Path) -> str | None:
    """The URL that the terminal has printed in a line of this form; None before."""
    found = line.search(log.read_text(encoding="utf-8"))
    return found.group(1) if found else None


def open_desk(stack: Stack, program: Path, approver: Path) -> str:
    """Start an insurer's enrolment desk with two operators, each with a key of her own; returns its address."""
    home = stack.home / f"desk-of-{program.stem}"
    variables = {"PAYER_HOME": str(home)}
    for (name, password), role, key in ((SENDER, "sender", program), (APPROVER, "approver", approver)):
        options = ("--role", role, "--credential", key, "--password-stdin")
        stack.run("payer-mock", "add-operator", name, *options, stdin=f"{password}\n", variables=variables)
    return stack.serve("payer-mock", port=stack.ports.insurer, announce=home / "url", variables=variables)


def open_console(stack: Stack, persons: Mapping[str, object]) -> str:
    """Start the console of a sandbox, with these test persons and the clinic's reader; returns its address."""
    write_private(stack.persons, json.dumps(persons, ensure_ascii=False))
    readers = ("--reader", f"{INSTITUTION_NAME}={stack.screens_url}") if stack.screens_url else ()
    options = (
        "--fund",
        stack.wiring["TERMINAL_FUND_URL"],
        "--persons",
        str(stack.persons),
        "--cards",
        str(stack.cards),
        *readers,
    )
    return stack.serve("sandbox-console", *options, port=stack.ports.console)


def be_strict(stack: Stack) -> None:
    """Switch the sandbox's strict and random mode on. Raises StackError."""
    with httpx2.Client(base_url=stack.wiring["TERMINAL_FUND_URL"], trust_env=False) as http:
        answer = http.post("/sandbox/strict", json={"strict": True})
    if not answer.is_success:
        raise StackError(f"The sandbox answered {answer.status_code}.")


def listen(stack: Stack, insurer_number: str) -> Path:
    """Let an insurer's program receive the fund's events; returns the file to which it writes one a line."""
    service = stack.start_service("payer-mock", "listen", "--port", "0", "--insurer", insurer_number)
    service.wait_for(
        "webhook", lambda: '"listening"' in service.log.read_text(encoding="utf-8"), START_SECONDS
    )
    return service.log
