"""The sign-ins of a whole nation's terminals, most of which use a token for few requests.

A run has few terminals, each of which stands for many and renews its token all the time. A nation has as many checks
at 233,000 facilities, and a terminal signs in with the first check for which its token is due or gone.
"""

from __future__ import annotations

from loadtest.dataset.terminals import facility_sizes

USED_SECONDS = 270.0
"""For which a terminal uses a token: it is valid for 300 s, and the terminal's program renews it half a minute before."""


def nation_sign_ins_per_s(checks_per_s: float, facilities: int) -> float:
    """The sign-ins a second of so many facilities' terminals, at which so many checks a second arrive.

    A terminal at which checks arrive as a Poisson process of rate r uses a token for `USED_SECONDS`, and waits 1 / r in
    the mean for the check that lets it sign in again.
    """
    rates = (
        (size.terminals, checks_per_s * size.weight / size.terminals) for size in facility_sizes(facilities)
    )
    return sum(terminals * rate / (1 + USED_SECONDS * rate) for terminals, rate in rates)
