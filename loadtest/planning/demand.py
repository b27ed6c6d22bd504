"""The requests per second of each load level, by kind, with their arithmetic. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eligibility_api.contract.history import Origin
from loadtest.planning import assumptions
from loadtest.planning.arithmetic import Figure, Step, exact
from loadtest.scenario.consents import SHARES
from loadtest.scenario.levels import LEVELS, Level
from loadtest.sections import Text

TOKEN, CHALLENGE, CARD, NUMBER = "token", "challenge", "card", "number"
CONSENT_CHALLENGE, CONSENT, BATCH_ROW = "consent challenge", "consent", "batch row"
PRESCRIPTION, DISPENSING = Origin.PRESCRIPTION.value, Origin.DISPENSING.value

CARD_CHECK = (CHALLENGE, CARD, CONSENT_CHALLENGE, CONSENT)
"""The requests of every check by card; requests for histories follow a share of them."""

_SECONDS = {"L0": 36_000, "L1": 60, "L2": 60, "L3": 60, "storm": 60, "month-start": 10_800}
"""The duration of each level. A whole day is planned for by its busiest minute, which is L1's."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A level's `rates` (requests per second, by kind) over its `seconds`.

    `steps`: the arithmetic of the rates.
    """

    name: str
    meaning: Text
    seconds: Figure
    rates: Mapping[str, Step]
    steps: Sequence[Step]

    @property
    def requests_per_s(self) -> float:
        """The sum over all kinds."""
        return sum(step.value for step in self.rates.values())


def demands(token_seconds: float) -> list[Demand]:
    """The demand of every level. `token_seconds`: the validity of the fund's tokens."""
    found = [
        _of_checks(LEVELS[name], exact(seconds, "s"), token_seconds) for name, seconds in _SECONDS.items()
    ]
    return [*found, _day(token_seconds), _batch_night()]


def requests_of_1000_checks(level: Level) -> dict[str, int]:
    """The requests of 1,000 checks of a level, by kind, without sign-ins."""
    by_card = round(1000 * level.by_card)
    histories = {resource.value: round(by_card * share) for resource, share in SHARES.items()}
    entries = by_card * level.prescriptions
    at_pharmacies = round(entries * assumptions.AT_PHARMACIES.value)
    prescribed = {PRESCRIPTION: round(entries) - at_pharmacies, DISPENSING: at_pharmacies}
    return {NUMBER: 1000 - by_card, **dict.fromkeys(CARD_CHECK, by_card), **histories, **prescribed}


def _of_checks(level: Level, seconds: Figure, token_seconds: float) -> Demand:
    checks, share = exact(level.checks_per_s, "/s"), exact(level.by_card)
    by_number = Step.of("checks by number", checks * (exact(1) - share), "/s")
    by_card = Step.of(
        "checks by card, each with a challenge, a consent challenge and a consent", checks * share, "/s"
    )
    histories = {
        resource.value: Step.of(f"requests for {resource}", by_card.figure * exact(part), "/s")
        for resource, part in SHARES.items()
    }
    terminals = Step.of("terminals", assumptions.SITES * assumptions.TERMINALS_PER_SITE)
    tokens = _reconnections(terminals) if level.reconnect else _renewals(terminals, checks, token_seconds)
    entries = _prescriptions(by_card) if level.prescriptions else {}
    rates = {
        NUMBER: by_number, **dict.fromkeys(CARD_CHECK, by_card), **histories, **entries, TOKEN: tokens,
    }  # fmt: skip
    steps = [by_number, by_card, *histories.values(), *entries.values(), terminals, tokens]
    return Demand(level.name, level.meaning, seconds, rates, steps)


def _prescriptions(by_card: Step) -> dict[str, Step]:
    """Prescriptions of institutions and dispensings of pharmacies, registered at once."""
    entries = by_card.figure * assumptions.PRESCRIPTION_SHARE
    elsewhere = exact(1) - assumptions.AT_PHARMACIES
    return {
        PRESCRIPTION: Step.of("prescriptions", entries * elsewhere, "/s"),
        DISPENSING: Step.of("dispensings", entries * assumptions.AT_PHARMACIES, "/s"),
    }


def _day(token_seconds: float) -> Demand:
    """A day's busiest minute; its storage is that of as many such minutes as make up the day's checks."""
    busiest = LEVELS["L1"].checks_per_s
    level = replace(LEVELS["day"], checks_per_s=busiest)
    seconds = Step.of(
        "seconds at the busiest minute's rate", assumptions.CHECKS_PER_MONDAY / exact(busiest, "/s"), "s"
    )
    demand = _of_checks(level, seconds.figure, token_seconds)
    return replace(demand, steps=[*demand.steps, seconds])


def _reconnections(terminals: Step) -> Step:
    return Step.of("sign-ins", terminals.figure / assumptions.STORM_DURATION, "/s")


def _renewals(terminals: Step, checks: Figure, token_seconds: float) -> Step:
    """Sign-ins of terminals whose token has expired when a patient comes.

    Between two sign-ins lie the token's lifetime and the time until the next patient, who comes every
    terminals ÷ checks seconds.
    """
    lifetime = exact(token_seconds, "s") - assumptions.TOKEN_RENEWAL_LEAD
    return Step.of("sign-ins", terminals.figure / (lifetime + terminals.figure / checks), "/s")


def _batch_night() -> Demand:
    rows = Step.of("rows", assumptions.CHECKS_PER_MONDAY * assumptions.BY_BATCH / assumptions.NIGHT, "/s")
    level = LEVELS["batch-night"]
    return Demand(level.name, level.meaning, assumptions.NIGHT, {BATCH_ROW: rows}, [rows])
