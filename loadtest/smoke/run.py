"""Runs the smoke test: opens the card sessions and lets Locust's users tap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic_terminal.card.channel import CardConnection
from eligibility_api.contract.tokens import Credential
from loadtest.smoke.card_sessions import CardSession, open_card_sessions
from loadtest.smoke.report import SmokeReport
from loadtest.smoke.settings import LoadSettings, SettingsError
from loadtest.smoke.tap import TapChecker


@dataclass(frozen=True, slots=True)
class SmokePlan:
    """The fund's address, the terminal's credential, a card for each user, and the duration."""

    url: str
    credential: Credential
    cards: Sequence[CardSession]
    seconds: float


UserRunner = Callable[[SmokePlan, TapChecker], SmokeReport]
"""Runs a plan's users for its duration."""

OpenCard = Callable[[Path], CardConnection]


def run_smoke(
    settings: LoadSettings, seconds: float, users: int, open_card: OpenCard, run_users: UserRunner
) -> SmokeReport:
    """Open a card session for each user, and run the users.

    Raises SettingsError if there are fewer cards than users, CardSessionError if a card cannot be used.
    """
    credential = settings.load_credential()
    expected = settings.load_expected()
    if len(expected) < users:
        raise SettingsError(f"LOADTEST_EXPECTED: {len(expected)} cards for {users} users")
    files = [settings.cards / f"{name}.json" for name in list(expected)[:users]]
    with open_card_sessions(files, settings.pin.get_secret_value(), open_card) as cards:
        plan = SmokePlan(str(settings.fund_url), credential, cards, seconds)
        return run_users(plan, TapChecker(expected))
