"""The real terminal and the real fund, the card in process."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

from jpki_mock.card.image import load_image
from tests.builders.house import Inhabited


def test_a_visual_check_needs_no_pin_and_leaves_the_counter_alone(house: Inhabited) -> None:
    card = house.story.card("valid")
    report = house.tap("--card", card, "--visual-check", "--operator", "受付 見本")
    assert (report["exit_code"], report["validity"]) == (0, "1")
    assert load_image(card).pins.authentication.tries_left == 3


def test_a_revoked_card_is_refused_within_the_stated_time(house: Inhabited) -> None:
    card = house.story.card("unregistered")
    assert house.tap("--card", card, "--register")["exit_code"] == 0
    house.house.run("jpki-mock", "revoke", "--reason", "request", card)

    no_later_than = monotonic() + house.house.revocation_max_age_seconds

    while (report := _tap_started_at(house, card))[1]["exit_code"] == 0:
        assert report[0] < no_later_than, "a tap that began too late was still answered"

    assert report[1]["problem"]["code"] == "certificate-revoked"


def _tap_started_at(house: Inhabited, card: Path) -> tuple[float, dict[str, Any]]:
    started = monotonic()
    return started, house.tap("--card", card)
