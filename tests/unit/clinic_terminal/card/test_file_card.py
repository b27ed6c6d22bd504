"""A card that is a file, through the entry point of whoever emulates cards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.card import file_card
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.file_card import open_card_file
from tests.unit.clinic_terminal.fake_card import FakeCard


@dataclass
class Offer:
    """An entry point whose loading, or whose call, may fail."""

    result: Any
    load_error: Exception | None = None

    def load(self) -> Any:
        if self.load_error:
            raise self.load_error
        return self._open

    def _open(self, path: Path) -> Any:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def offer(monkeypatch: pytest.MonkeyPatch, *offers: Offer) -> None:
    def entry_points(*, group: str, name: str) -> list[Offer]:
        assert (group, name) == ("clinic_terminal.cards", "emulator")
        return list(offers)

    monkeypatch.setattr(file_card, "entry_points", entry_points)


def test_an_emulator_opens_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    card = FakeCard()
    offer(monkeypatch, Offer(card))
    assert open_card_file(Path("card.json")) is card


@pytest.mark.parametrize(
    "offers",
    [
        [],
        [Offer(None, load_error=ImportError())],
        [Offer(FileNotFoundError())],
        [Offer(ValueError("not a card image"))],
    ],
)
def test_whatever_prevents_it_is_card_file(monkeypatch: pytest.MonkeyPatch, offers: list[Offer]) -> None:
    offer(monkeypatch, *offers)
    with pytest.raises(CardError) as caught:
        open_card_file(Path("card.json"))
    assert caught.value.code == "card-file"


def test_a_file_that_is_open_elsewhere_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, Offer(BlockingIOError()))
    with pytest.raises(CardError) as caught:
        open_card_file(Path("card.json"))
    assert caught.value.code == "card-in-use"
