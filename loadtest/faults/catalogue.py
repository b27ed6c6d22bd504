"""The faults that can be asked for, each with what is expected of the fund."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eligibility_api.contract.tokens import TOKEN_PATH
from loadtest.dataset.terminals import RENEW_BEFORE
from loadtest.faults.blank_column import BlankColumn
from loadtest.faults.database_restart import Restart
from loadtest.faults.fault import Expectation, Fault, Window, always
from loadtest.faults.jlis import Gone, Slow
from loadtest.faults.publication import PUBLISH
from loadtest.faults.stale_client import OldClient
from loadtest.faults.worker_imbalance import AFTER_S, CONNECTIONS, Hot
from loadtest.generator.client_faults import Disturbance

_CUT = frozenset({"line: cut", "line: connection cut"})
_UNAVAILABLE = frozenset({"database-unavailable", "overloaded"})

_TOKEN_S = 300.0
"""Life of a token; terminals renew it `RENEW_BEFORE` its end."""


def _without_tokens(window: Window) -> Expectation:
    """Whose token ended is not served. Ages of tokens are spread evenly, so that is a growing share of all."""
    spare = RENEW_BEFORE.total_seconds()
    if window.seconds <= spare:
        return Expectation(
            "A token is renewed a minute before its end and checked without the endpoint: nobody notices an outage"
            " shorter than that."
        )
    most = min(1.0, (window.seconds - spare) / (_TOKEN_S - spare))
    return Expectation(
        "Only terminals whose token has ended are not served; the others go on, and all within 10 s of its return.",
        errors=_CUT,
        answered=max(0.0, 1.0 - most),
        p99_ms=None,
    )


def _cut(path: str) -> Callable[[Window], Sequence[Disturbance]]:
    def disturb(window: Window) -> Sequence[Disturbance]:
        return [Disturbance(window.began, window.lifted, cut=path)]

    return disturb


def _renewed_twice(window: Window) -> Sequence[Disturbance]:
    """All connections anew, also when it is over: then any worker takes them."""
    return [
        Disturbance(window.began + AFTER_S, window.began + AFTER_S, renewed=CONNECTIONS),
        Disturbance(window.lifted, window.lifted, renewed=CONNECTIONS),
    ]


def _everybody_anew(window: Window) -> Sequence[Disturbance]:
    return [Disturbance(window.began, window.began, renewed=0, tokens_lost=True)]


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            "blank-column",
            "an insurer's file with a blank burden column, published by a second person all the same, then undone",
            always(
                Expectation(
                    "The file is held for its blank column, and nobody's answer changes. Published by a second person, it"
                    " shows as it is from its instant on, to its last answer; undone, the former values show again. No"
                    " check waits for any of it, and the fund names who saw what was withdrawn."
                )
            ),
            BlankColumn,
        ),
        PUBLISH,
        Fault(
            "status-slow",
            "J-LIS, the status responder among it, takes a second or more for each answer",
            always(
                Expectation(
                    "The mirror of the revocation lists answers in its place: no check is slower for it."
                )
            ),
            Slow,
        ),
        Fault(
            "status-gone",
            "J-LIS takes connections and answers nothing",
            always(
                Expectation(
                    "While the mirror is fresh nobody notices. Then cards are refused as revocation-unavailable, after 4 s"
                    " at the latest, and never believed without a word; checks by number go on as ever. Cards are"
                    " answered within 10 s of its return.",
                    errors=frozenset({"revocation-unavailable"}),
                    answered=0.0,
                    p99_ms=4000.0,
                    numbers_go_on=True,
                )
            ),
            Gone,
        ),
        Fault(
            "reconnect",
            "every terminal loses its connection and its token at once",
            always(
                Expectation(
                    "No error but overloaded, with Retry-After; within 60 s as before.",
                    errors=frozenset({"overloaded"}),
                    back_within_s=60.0,
                )
            ),
            disturb=_everybody_anew,
            at_once=True,
        ),
        Fault(
            "worker-hot",
            "all connections lie at one of the API's workers",
            always(
                Expectation(
                    "One worker serves what one core can. What is too much is refused as overloaded, with Retry-After, and"
                    " nobody waits in vain; within 10 s of being spread again as before.",
                    errors=frozenset({"overloaded"}),
                    answered=0.0,
                    p99_ms=None,
                )
            ),
            Hot,
            disturb=_renewed_twice,
        ),
        Fault(
            "token-down",
            "the token endpoint cannot be reached",
            _without_tokens,
            disturb=_cut(TOKEN_PATH),
        ),
        Fault(
            "network-cut",
            "no terminal reaches the fund",
            always(
                Expectation(
                    "Nothing is answered, as nothing arrives. All come back at once, and within 10 s it is as before; no"
                    " answer is wrong.",
                    errors=_CUT,
                    answered=0.0,
                    p99_ms=None,
                )
            ),
            disturb=_cut(""),
        ),
        Fault(
            "database-restart",
            "the database is killed under load, and recovers",
            always(
                Expectation(
                    "Refused as database-unavailable or overloaded, with Retry-After, until it is back: within 60 s,"
                    " without anybody's hand. Every answer that was given has its record, and its record gives it again.",
                    errors=_UNAVAILABLE,
                    back_within_s=60.0,
                )
            ),
            Restart,
            at_once=True,
        ),
        Fault(
            "old-client",
            "a client of yesterday's contract asks beside everybody else",
            always(
                Expectation(
                    "It is refused by a code that tells what is wrong, or served; none of its requests breaks anything, and"
                    " nobody else notices."
                )
            ),
            OldClient,
        ),
    )
}
"""Every fault by its name."""
