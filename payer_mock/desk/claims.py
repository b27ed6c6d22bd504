"""Receipt files on their way: sent, and followed until their receipts are stored. It knows no console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from eligibility_api.contract.checkups import CheckupInput, CheckupsAnswer, CheckupsRequest
from eligibility_api.contract.claims import ClaimsAnswer, ClaimsState
from eligibility_api.contract.insurer_client import InsurerClient
from payer_mock.desk.following import follow_while, pieces
from payer_mock.desk.report import ALL_DONE, SOME_REFUSED

_AT_WORK = frozenset({ClaimsState.RECEIVED, ClaimsState.READING})
_MOST_CHECKUPS = 500
"""In one request."""

_HEAD_BYTES = 1 << 16


def send_claims(client: InsurerClient, path: Path) -> ClaimsAnswer:
    """Send a receipt file in streaming. Raises ShikakuError, OSError."""
    with path.open("rb") as file:
        return client.send_claims(pieces(file))


def follow_claims(client: InsurerClient, answer: ClaimsAnswer, wait: Callable[[float], None]) -> ClaimsAnswer:
    """The file once the fund is done with it; asked for again and again after a `wait`."""
    return follow_while(
        lambda each: each.state in _AT_WORK, answer, lambda: client.claims_status(answer.file_id), wait
    )


def send_checkups(client: InsurerClient, checkups: list[CheckupInput]) -> Iterator[CheckupsAnswer]:
    """Send check-ups, many at a time; the answer each time."""
    for place in range(0, len(checkups), _MOST_CHECKUPS):
        some = checkups[place : place + _MOST_CHECKUPS]
        yield client.send_checkups(CheckupsRequest(checkups=some))


def claims_exit_code(answer: ClaimsAnswer) -> int:
    """0 where every receipt was taken, else 1."""
    good = answer.state is ClaimsState.DONE
    faulty = answer.report is not None and bool(answer.report.faults)
    return ALL_DONE if good and not faulty else SOME_REFUSED


def insurer_of_claims(path: Path) -> str | None:
    """The insurer of a file's first receipt, or None where it does not show: HO's, or KO's where there is no HO."""
    with path.open("rb") as file:
        lines = file.read(_HEAD_BYTES).splitlines()
    payer: str | None = None
    receipts = 0
    for line in lines:
        letters, *fields = line.decode("latin-1").split(",", 2)
        receipts += letters == "RE"
        if receipts > 1:
            break
        if letters == "HO" and fields:
            return fields[0].strip()
        if letters == "KO" and fields and payer is None:
            payer = fields[0].strip()
    return payer
