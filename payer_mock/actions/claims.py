"""Sends claim files and health check-ups, and polls a claim file until the fund has stored it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from eligibility_api.contract.checkups import CheckupInput, CheckupsAnswer, CheckupsRequest
from eligibility_api.contract.claims import ClaimsAnswer, ClaimsState
from eligibility_api.contract.insurer_client import InsurerClient
from payer_mock.actions.fund import chunks, poll_while
from payer_mock.actions.report import ALL_DONE, SOME_REFUSED

_IN_PROGRESS = frozenset({ClaimsState.RECEIVED, ClaimsState.READING})
_MAX_CHECKUPS_PER_REQUEST = 500
_HEAD_BYTES = 1 << 16


def send_claims(client: InsurerClient, path: Path) -> ClaimsAnswer:
    """Send a claim file as a stream. Raises ShikakuError, OSError."""
    with path.open("rb") as file:
        return client.send_claims(chunks(file))


def poll_claims(client: InsurerClient, answer: ClaimsAnswer, wait: Callable[[float], None]) -> ClaimsAnswer:
    """The file's state once the fund has processed it; fetched again after each `wait`."""
    return poll_while(
        lambda each: each.state in _IN_PROGRESS,
        answer,
        lambda: client.claims_status(answer.file_id),
        wait,
    )


def send_checkups(client: InsurerClient, checkups: list[CheckupInput]) -> Iterator[CheckupsAnswer]:
    """Send check-ups, up to 500 in a request; yields the answer to each request."""
    for start in range(0, len(checkups), _MAX_CHECKUPS_PER_REQUEST):
        batch = checkups[start : start + _MAX_CHECKUPS_PER_REQUEST]
        yield client.send_checkups(CheckupsRequest(checkups=batch))


def claims_exit_code(answer: ClaimsAnswer) -> int:
    """0 where every claim was accepted, else 1."""
    good = answer.state is ClaimsState.DONE
    faulty = answer.report is not None and bool(answer.report.faults)
    return ALL_DONE if good and not faulty else SOME_REFUSED


def insurer_of_claims(path: Path) -> str | None:
    """The insurer of a file's first claim, or None where the file does not name it.

    That of the record HO, or of the first KO where the claim has no HO.
    """
    with path.open("rb") as file:
        lines = file.read(_HEAD_BYTES).splitlines()
    payer: str | None = None
    claims = 0
    for line in lines:
        letters, *fields = line.decode("latin-1").split(",", 2)
        claims += letters == "RE"
        if claims > 1:
            break
        if letters == "HO" and fields:
            return fields[0].strip()
        if letters == "KO" and fields and payer is None:
            payer = fields[0].strip()
    return payer
