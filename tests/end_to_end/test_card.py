"""The real terminal and the real fund, with the card in process."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

from jpki_mock.card.image import load_image
from tests.builders.stack import PopulatedStack


def test_a_visual_check_needs_no_pin_and_leaves_the_counter_alone(stack: PopulatedStack) -> None:
    card = stack.card("valid")
    report = stack.tap("--card", card, "--visual-check", "--operator", "受付 見本")
    assert (report["exit_code"], report["validity"]) == (0, "1")
    assert load_image(card).pins.authentication.tries_left == 3


def test_a_revoked_card_is_refused_within_the_stated_time(stack: PopulatedStack) -> None:
    card = stack.card("unregistered")
    assert stack.tap("--card", card, "--register")["exit_code"] == 0
    stack.run("jpki-mock", "revoke", "--reason", "request", card)

    no_later_than = monotonic() + stack.revocation_max_age_seconds

    while (report := _tap_started_at(stack, card))[1]["exit_code"] == 0:
        assert report[0] < no_later_than, "a tap that began too late was still answered"

    assert report[1]["problem"]["code"] == "certificate-revoked"


def _tap_started_at(stack: PopulatedStack, card: Path) -> tuple[float, dict[str, Any]]:
    started = monotonic()
    return started, stack.tap("--card", card)
