"""What a level asks for in a second, request by request, with the arithmetic of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eligibility_api.contract.history import Origin
from loadtest.planning import assumptions
from loadtest.planning.arithmetic import Figure, Line
from loadtest.planning.assumptions import known
from loadtest.scenario.consents import SHARES
from loadtest.scenario.levels import LEVELS, Level

TOKEN, CHALLENGE, CARD, NUMBER = "token", "challenge", "card", "number"
CONSENT_CHALLENGE, CONSENT, BATCH_ROW = "consent challenge", "consent", "batch row"
PRESCRIPTION, DISPENSING = Origin.PRESCRIPTION.value, Origin.DISPENSING.value

OF_A_CARD = (CHALLENGE, CARD, CONSENT_CHALLENGE, CONSENT)
"""Requests that every check by card consists of; look-ups follow a part of them."""

_SECONDS = {"L0": 36_000, "L1": 60, "L2": 60, "L3": 60, "storm": 60, "month-start": 10_800}
"""By level, how long it lasts. A whole day is planned for by its busiest minute, which is L1's."""


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
    found = [
        _of_checks(LEVELS[name], known(seconds, "s"), token_seconds) for name, seconds in _SECONDS.items()
    ]
    return [*found, _day(token_seconds), _batch_night()]


def of_a_thousand_checks(level: Level) -> dict[str, int]:
    """What so many checks of a level ask for, sign-ins apart."""
    by_card = round(1000 * level.by_card)
    looked = {look_up.value: round(by_card * share) for look_up, share in SHARES.items()}
    told = by_card * level.prescriptions
    at_pharmacies = round(told * assumptions.AT_PHARMACIES.value)
    prescribed = {PRESCRIPTION: round(told) - at_pharmacies, DISPENSING: at_pharmacies}
    return {NUMBER: 1000 - by_card, **dict.fromkeys(OF_A_CARD, by_card), **looked, **prescribed}


def _of_checks(level: Level, seconds: Figure, token_seconds: float) -> Demand:
    checks, share = known(level.checks_per_s, "/s"), known(level.by_card)
    by_number = Line.of("checks by number", checks * (known(1) - share), "/s")
    by_card = Line.of(
        "checks by card, each with a challenge, a consent challenge and a consent", checks * share, "/s"
    )
    looked = {
        look_up.value: Line.of(f"look-ups of {look_up}", by_card.figure * known(part), "/s")
        for look_up, part in SHARES.items()
    }
    terminals = Line.of("terminals", assumptions.SITES * assumptions.TERMINALS_A_SITE)
    tokens = _storm(terminals) if level.reconnect else _renewals(terminals, checks, token_seconds)
    told = _told(by_card) if level.prescriptions else {}
    rates = {NUMBER: by_number, **dict.fromkeys(OF_A_CARD, by_card), **looked, **told, TOKEN: tokens}
    lines = [by_number, by_card, *looked.values(), *told.values(), terminals, tokens]
    return Demand(level.name, level.meaning.en, seconds, rates, lines)


def _told(by_card: Line) -> dict[str, Line]:
    """What institutions prescribe and pharmacies dispense, and tell at once."""
    told = by_card.figure * assumptions.TOLD_OF
    elsewhere = known(1) - assumptions.AT_PHARMACIES
    return {
        PRESCRIPTION: Line.of("prescriptions", told * elsewhere, "/s"),
        DISPENSING: Line.of("dispensings", told * assumptions.AT_PHARMACIES, "/s"),
    }


def _day(token_seconds: float) -> Demand:
    """Its busiest minute; what is stored is that of so many such minutes as have the day's checks."""
    busiest = LEVELS["L1"].checks_per_s
    level = replace(LEVELS["day"], checks_per_s=busiest)
    lasts = Line.of(
        "seconds of the busiest minute's checks", assumptions.CHECKS_A_MONDAY / known(busiest, "/s"), "s"
    )
    demand = _of_checks(level, lasts.figure, token_seconds)
    return replace(demand, lines=[*demand.lines, lasts])


def _storm(terminals: Line) -> Line:
    return Line.of("sign-ins", terminals.figure / assumptions.STORM, "/s")


def _renewals(terminals: Line, checks: Figure, token_seconds: float) -> Line:
    """A terminal signs in when somebody comes and its token is over: from one sign-in to the next pass the token's life and
    the time until the next patient, who come to it one in terminals ÷ checks seconds.
    """
    life = known(token_seconds, "s") - assumptions.RENEWED_BEFORE
    return Line.of("sign-ins", terminals.figure / (life + terminals.figure / checks), "/s")


def _batch_night() -> Demand:
    rows = Line.of("rows", assumptions.CHECKS_A_MONDAY * assumptions.BY_BATCH / assumptions.NIGHT, "/s")
    level = LEVELS["batch-night"]
    return Demand(level.name, level.meaning.en, assumptions.NIGHT, {BATCH_ROW: rows}, [rows])
