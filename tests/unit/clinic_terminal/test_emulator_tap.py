"""Taps of emulated cards in this process, without a reader or a socket.

From the card's file to the fund's answer.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.card import file_card
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.file_card import ENTRY_POINT_GROUP, ENTRY_POINT_NAME, open_card_file
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from jpki_mock.card.image import Faults, load_image
from tests.builders import cards
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.samples import credential
from tests.builders.clinic.scripted_prompts import ScriptedPrompts

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


@pytest.fixture(autouse=True)
def emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry point that the project declares, whether installed or not."""
    declared = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["entry-points"]
    value = declared[ENTRY_POINT_GROUP][ENTRY_POINT_NAME]
    entry_point = EntryPoint(ENTRY_POINT_NAME, value, ENTRY_POINT_GROUP)
    monkeypatch.setattr(file_card, "entry_points", lambda **_: [entry_point])


def run_tap(
    path: Path, fund: FakeFund | None = None, pins: list[str] | None = None, operator: str | None = None
) -> TapOutcome:
    known = credential(
        cards.p256_key(7),
        cards.terminal_certificate(
            start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC)
        ),
    )
    prompts = ScriptedPrompts([cards.AUTHENTICATION_PIN] if pins is None else pins)
    with (fund or FakeFund()).client(known) as client:
        return tap(open_card_file(path), client, prompts, TapRequest(operator=operator), Stopwatch())


def code_of(outcome: TapOutcome) -> str | None:
    return outcome.problem.code if outcome.problem else None


def tries_left(path: Path) -> int:
    return load_image(path).pins.authentication.tries_left


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"carrier": "android"},
        {"authentication": cards.key_slot(cards.p384_key())},
        {"faults": Faults(first_command_6f00=True)},
        {"pins": cards.pins(authentication=cards.pin("1234", 3, 1))},
    ],
    ids=["card", "phone", "p-384", "first-command-6f00", "last-try"],
)
def test_an_emulated_card_is_tapped_like_any_other(tmp_path: Path, changes: dict[str, Any]) -> None:
    fund = FakeFund()
    path = cards.card_file(tmp_path, **changes)
    outcome = run_tap(path, fund)
    assert (outcome.answer, outcome.problem) == (fund.answer, None)
    assert tries_left(path) == 3


def test_a_tap_takes_five_commands_and_one_for_each_256_bytes_of_the_certificate(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    certificate = load_image(path).authentication.certificate
    assert run_tap(path).timings.apdus == 5 + -(-len(certificate) // 256)


def test_a_visual_check_is_signed_without_the_pin_even_when_it_is_locked(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path, pins=cards.pins(authentication=cards.pin("1234", 3, 0)))
    assert code_of(run_tap(path)) == "pin-locked"
    assert run_tap(path, operator="受付 太郎", pins=[]).answer is not None


def test_a_phone_is_unsupported_for_the_visual_check(tmp_path: Path) -> None:
    outcome = run_tap(cards.card_file(tmp_path, carrier="android"), operator="受付 太郎", pins=[])
    assert code_of(outcome) == "visual-check-unsupported"


def test_a_newborns_card_knows_the_pin_alone(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path, photo=None, terminal_authority=None)
    assert code_of(run_tap(path, operator="受付 太郎", pins=[])) == "visual-check-no-photo"
    assert run_tap(path).answer is not None


def test_wrong_pins_are_counted_in_the_card_until_it_locks(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    codes = [code_of(run_tap(path, pins=["9999"])) for _ in range(4)]
    assert codes == ["pin-wrong", "pin-wrong", "pin-locked", "pin-locked"]
    assert tries_left(path) == 0


def test_a_malformed_pin_costs_no_try(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    assert code_of(run_tap(path, pins=["123"])) == "pin-malformed"
    assert tries_left(path) == 3


def test_a_card_without_a_pin_is_pin_unset(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path, pins=cards.pins(authentication=cards.pin(None, 3)))
    assert code_of(run_tap(path)) == "pin-unset"


@pytest.mark.parametrize("command", range(1, 9))
def test_a_card_pulled_at_any_command_is_released_and_costs_no_try(tmp_path: Path, command: int) -> None:
    path = cards.card_file(tmp_path, faults=Faults(pull_at_apdu=command))
    outcome = run_tap(path)
    assert (code_of(outcome), outcome.timings.apdus) == ("card-removed", command)
    assert tries_left(path) == 3
    open_card_file(path).close()


def test_a_corrupt_signature_is_refused_by_the_fund(tmp_path: Path) -> None:
    outcome = run_tap(cards.card_file(tmp_path, faults=Faults(corrupt_signature=True)))
    assert code_of(outcome) == "signature-invalid"


@pytest.mark.parametrize("content", [None, "", "{}", "no card"])
def test_an_invalid_card_file_is_card_file(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "card.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CardError) as caught:
        open_card_file(path)
    assert caught.value.code == "card-file"


def test_a_card_open_elsewhere_is_in_use(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    first = open_card_file(path)
    with pytest.raises(CardError) as caught:
        open_card_file(path)
    first.close()
    assert caught.value.code == "card-in-use"
