"""The sign-ins of a whole nation's terminals, most of which use a token for few requests.

A run has few terminals, each of which stands for many: it signs in every four minutes, whatever it sends. A nation has
as many checks at 233,000 facilities, and a terminal signs in with the first check after its token has become due.
"""

from __future__ import annotations

from loadtest.dataset.terminals import RENEW_BEFORE, facility_sizes

TOKEN_SECONDS = 300.0
"""The validity of the fund's tokens."""


def nation_sign_ins_per_s(checks_per_s: float, facilities: int) -> float:
    """The sign-ins a second of so many facilities' terminals, at which so many checks a second arrive.

    A terminal at which checks arrive as a Poisson process of rate r uses a token for `TOKEN_SECONDS` less
    `RENEW_BEFORE`, and then waits 1 / r in the mean for the check that lets it sign in again. Its token is renewed before
    it expires if that check comes in time: either way it is one sign-in.
    """
    used = TOKEN_SECONDS - RENEW_BEFORE.total_seconds()
    rates = (
        (size.terminals, checks_per_s * size.weight / size.terminals) for size in facility_sizes(facilities)
    )
    return sum(terminals * rate / (1 + used * rate) for terminals, rate in rates)
