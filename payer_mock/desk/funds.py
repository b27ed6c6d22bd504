"""The fund as several insurers see it: one client an insurer, chosen by insurer number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import httpx2

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.tokens import Credential
from payer_mock.clock import now

FundOf = Callable[[str], InsurerClient]
"""The client for an insurer number. Raises ShikakuError `enrolment-other-insurer` where there is none."""


@contextmanager
def open_funds(
    url: str, credentials: Mapping[str, Credential], make_transport: Callable[[], httpx2.BaseTransport]
) -> Iterator[FundOf]:
    """Clients for `credentials` (by insurer number), closed at the end."""
    with ExitStack() as stack:
        clients = {
            number: stack.enter_context(InsurerClient(url, credential, clock=now, transport=make_transport()))
            for number, credential in credentials.items()
        }

        def fund_of(insurer_number: str) -> InsurerClient:
            if insurer_number not in clients:
                raise ShikakuError("enrolment-other-insurer")
            return clients[insurer_number]

        yield fund_of
