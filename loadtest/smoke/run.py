"""The smoke: a few terminals tap for some seconds, and every answer is judged. It measures correctness, not speed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic_terminal.card.port import CardConnection
from eligibility_api.contract.tokens import Credential
from loadtest.smoke.card_sessions import CardSession, open_fleet
from loadtest.smoke.report import SmokeReport
from loadtest.smoke.settings import LoadSettings, SettingsError
from loadtest.smoke.tap import Judge


@dataclass(frozen=True, slots=True)
class Plan:
    """Who taps where, and for how long. Each card is one user's."""

    url: str
    credential: Credential
    cards: Sequence[CardSession]
    seconds: float


Swarm = Callable[[Plan, Judge], SmokeReport]
"""Lets every card of a plan tap until its time is over."""

OpenCard = Callable[[Path], CardConnection]


def run_smoke(
    settings: LoadSettings, seconds: float, users: int, open_card: OpenCard, swarm: Swarm
) -> SmokeReport:
    """Bring as many cards into session as there are users, and let them tap.

    Raises SettingsError where there are fewer cards than users, FleetError where a card cannot take part.
    """
    credential = settings.load_credential()
    expected = settings.load_expected()
    if len(expected) < users:
        raise SettingsError(f"LOADTEST_EXPECTED: {len(expected)} cards for {users} users")
    files = [settings.cards / f"{name}.json" for name in list(expected)[:users]]
    with open_fleet(files, settings.pin.get_secret_value(), open_card) as cards:
        plan = Plan(str(settings.fund_url), credential, cards, seconds)
        return swarm(plan, Judge(expected))
