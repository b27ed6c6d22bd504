"""Access to the fund: one client per insurer, streaming of files, and polling."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import BinaryIO, TypeVar

import httpx2

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.tokens import Credential
from payer_mock.clock import now

ClientOf = Callable[[str], InsurerClient]
"""Returns the client of an insurer number. Raises ShikakuError `enrolment-other-insurer` where there is none.
"""

_CHUNK_BYTES = 1 << 18
_FIRST_WAIT_SECONDS, _MAX_WAIT_SECONDS, _WAIT_FACTOR = 0.05, 0.5, 1.3
_FAILURE_WAIT_SECONDS, _MAX_FAILURES = 2.0, 60
"""After a technical failure a state is fetched again; after two minutes of them it is given up. The fund has the file."""

_MAX_LEAD_SECONDS = 5.0
"""The fund publishes one to four seconds ahead; a longer lead means that a clock is wrong, and is not waited for.
"""

State = TypeVar("State")


@contextmanager
def open_clients(
    url: str, credentials: Mapping[str, Credential], make_transport: Callable[[], httpx2.BaseTransport]
) -> Iterator[ClientOf]:
    """Clients for `credentials` (by insurer number), closed at the end of the block."""
    with ExitStack() as stack:
        clients = {
            number: stack.enter_context(InsurerClient(url, credential, clock=now, transport=make_transport()))
            for number, credential in credentials.items()
        }

        def client_of(insurer_number: str) -> InsurerClient:
            if insurer_number not in clients:
                raise ShikakuError("enrolment-other-insurer")
            return clients[insurer_number]

        yield client_of


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The content of a file in chunks of 256 KiB."""
    return iter(lambda: file.read(_CHUNK_BYTES), b"")


def poll_while(
    in_progress: Callable[[State], bool],
    state: State,
    fetch: Callable[[], State],
    wait: Callable[[float], None],
) -> State:
    """The first state that is not in progress.

    It is fetched again after each `wait`, which grows from 0.05 to 0.5 s, and after technical failures, two seconds later
    each. Raises ShikakuError for a refusal, and for the last of too many failures one after the other.
    """
    seconds, failures = _FIRST_WAIT_SECONDS, 0
    while in_progress(state):
        wait(_FAILURE_WAIT_SECONDS if failures else seconds)
        seconds = min(_WAIT_FACTOR * seconds, _MAX_WAIT_SECONDS)
        try:
            state, failures = fetch(), 0
        except ShikakuError as error:
            failures += 1
            if error.entry.kind is not ErrorKind.TECHNICAL or failures > _MAX_FAILURES:
                raise
    return state


def wait_until(
    visible_from: datetime | None, clock: Callable[[], datetime], wait: Callable[[float], None]
) -> None:
    """Wait until an instant that the fund fixed a little ahead."""
    if visible_from is not None:
        ahead = (visible_from - clock()).total_seconds()
        if ahead > 0:
            wait(min(ahead, _MAX_LEAD_SECONDS))


def is_ahead(visible_from: datetime | None, now: datetime) -> bool:
    """Whether an instant that the fund fixed a little ahead is still to come; one that is far ahead is another clock's."""
    return visible_from is not None and now < visible_from <= now + timedelta(seconds=_MAX_LEAD_SECONDS)
