"""The fund as several insurers see it: one client an insurer, chosen by insurer number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import httpx2

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.tokens import Credential
from payer_mock.clock import now

FundOf = Callable[[str], FundClient]
"""The client for an insurer number."""


@contextmanager
def open_funds(
    url: str, credentials: Mapping[str, Credential], make_transport: Callable[[], httpx2.BaseTransport]
) -> Iterator[FundOf]:
    """Clients for `credentials` (by insurer number, at least one), closed at the end.

    For an insurer without a credential the first client is chosen: to refuse its members is the fund's business.
    """
    with ExitStack() as stack:
        clients = {
            number: stack.enter_context(FundClient(url, credential, clock=now, transport=make_transport()))
            for number, credential in credentials.items()
        }
        first = next(iter(clients.values()))
        yield lambda number: clients.get(number, first)
