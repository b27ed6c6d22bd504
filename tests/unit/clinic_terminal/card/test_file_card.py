"""A card that is a file, opened by the entry point of an emulator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.card import file_card
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.file_card import open_card_file
from tests.builders.clinic.fake_card import FakeCard


@dataclass
class FakeEntryPoint:
    """An entry point whose loading or call may fail."""

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


def install(monkeypatch: pytest.MonkeyPatch, *found: FakeEntryPoint) -> None:
    def entry_points(*, group: str, name: str) -> list[FakeEntryPoint]:
        assert (group, name) == ("clinic_terminal.cards", "emulator")
        return list(found)

    monkeypatch.setattr(file_card, "entry_points", entry_points)


def test_an_emulator_opens_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    card = FakeCard()
    install(monkeypatch, FakeEntryPoint(card))
    assert open_card_file(Path("card.json")) is card


@pytest.mark.parametrize(
    "entry_points",
    [
        [],
        [FakeEntryPoint(None, load_error=ImportError())],
        [FakeEntryPoint(FileNotFoundError())],
        [FakeEntryPoint(ValueError("not a card image"))],
    ],
)
def test_every_failure_is_card_file(
    monkeypatch: pytest.MonkeyPatch, entry_points: list[FakeEntryPoint]
) -> None:
    install(monkeypatch, *entry_points)
    with pytest.raises(CardError) as caught:
        open_card_file(Path("card.json"))
    assert caught.value.code == "card-file"


def test_a_file_opened_by_another_process_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeEntryPoint(BlockingIOError()))
    with pytest.raises(CardError) as caught:
        open_card_file(Path("card.json"))
    assert caught.value.code == "card-in-use"
