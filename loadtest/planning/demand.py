"""What a level asks for in a second, request by request, with the arithmetic of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadtest.planning import figures
from loadtest.planning.arithmetic import Figure, Line
from loadtest.planning.figures import known
from loadtest.rush.consents import SHARES
from loadtest.rush.levels import LEVELS

TOKEN, CHALLENGE, CARD, NUMBER = "token", "challenge", "card", "number"
CONSENT_CHALLENGE, CONSENT, BATCH_ROW = "consent challenge", "consent", "batch row"

OF_A_CARD = (CHALLENGE, CARD, CONSENT_CHALLENGE, CONSENT)
"""Requests that every check by card consists of; look-ups follow a part of them."""

_MINUTE, _HOUR = 60, 3600
_LEVELS = {
    "L0": ("L0", 10 * _HOUR),
    "L1": ("L1", _MINUTE),
    "L2": ("L2", _MINUTE),
    "L3": ("L3", _MINUTE),
    "storm": ("L1", _MINUTE),
    "month-start": ("L2", 3 * _HOUR),
}
"""By name: whose checks it has, and how many seconds it lasts."""

_MEANINGS = {
    "storm": "L1, and every terminal signs in within a minute",
    "month-start": "L2 for three hours: the first of a month re-checks everybody",
}


@dataclass(frozen=True, slots=True)
class Demand:
    """A level's `rates` (requests a second, by kind), for so many seconds. `lines`: how the rates come about."""

    name: str
    meaning: str
    seconds: Figure
    rates: Mapping[str, Line]
    lines: Sequence[Line]

    @property
    def requests_per_s(self) -> float:
        """All of them together."""
        return sum(line.value for line in self.rates.values())


def demands(token_seconds: float) -> list[Demand]:
    """Every level. `token_seconds`: the life of a token that the fund gives."""
    found = [_of_checks(name, base, seconds, token_seconds) for name, (base, seconds) in _LEVELS.items()]
    return [*found, _batch_night()]


def _of_checks(name: str, base: str, seconds: int, token_seconds: float) -> Demand:
    level = LEVELS[base]
    checks, share = known(level.checks_per_s, "/s"), known(level.by_card)
    by_number = Line.of("checks by number", checks * (known(1) - share), "/s")
    by_card = Line.of(
        "checks by card, each with a challenge, a consent challenge and a consent", checks * share, "/s"
    )
    looked = {
        look_up.value: Line.of(f"look-ups of {look_up}", by_card.figure * known(part), "/s")
        for look_up, part in SHARES.items()
    }
    terminals = Line.of("terminals", figures.SITES * figures.TERMINALS_A_SITE)
    tokens = _storm(terminals) if name == "storm" else _renewals(terminals, checks, token_seconds)
    rates = {NUMBER: by_number, **dict.fromkeys(OF_A_CARD, by_card), **looked, TOKEN: tokens}
    lines = [by_number, by_card, *looked.values(), terminals, tokens]
    return Demand(name, _MEANINGS.get(name, level.meaning), known(seconds, "s"), rates, lines)


def _storm(terminals: Line) -> Line:
    return Line.of("sign-ins", terminals.figure / figures.STORM, "/s")


def _renewals(terminals: Line, checks: Figure, token_seconds: float) -> Line:
    """A terminal signs in when somebody comes and its token is over: from one sign-in to the next pass the token's life and
    the time until the next patient, who come to it one in terminals ÷ checks seconds.
    """
    life = known(token_seconds, "s") - figures.RENEWED_BEFORE
    return Line.of("sign-ins", terminals.figure / (life + terminals.figure / checks), "/s")


def _batch_night() -> Demand:
    rows = Line.of("rows", figures.CHECKS_A_MONDAY * figures.BY_BATCH / figures.NIGHT, "/s")
    meaning = "12 % of a busy Monday's checks, asked in batches within four hours of the evening before"
    return Demand("batch-night", meaning, figures.NIGHT, {BATCH_ROW: rows}, [rows])
