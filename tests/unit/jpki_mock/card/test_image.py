"""The card image and its file."""

import json
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from jpki_mock.card.image import CardImage, SecretName, load_image, save_image
from tests.builders import cards


def test_a_saved_card_is_the_same_card_when_loaded(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    assert load_image(path) == cards.card_image()


def test_the_file_has_standard_base64_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    written = json.loads(path.read_text())
    assert written["format"] == "shikaku-card/1"
    assert written["photo"] == "iVBORw0KGgo="
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["authentication", "signature", "attributes", "reference_a", "reference_b"])
def test_one_counter_changes_without_the_others(name: SecretName) -> None:
    before = cards.card_image()
    after = before.with_tries_left(name, 1)
    assert after.secret(name).tries_left == 1
    assert after.with_tries_left(name, before.secret(name).tries_left) == before


@pytest.mark.parametrize("number", ["123456789018", "１２３４５６７８９０１８"])
def test_a_possible_my_number_is_rejected_and_not_in_the_error(number: str) -> None:
    with pytest.raises(ValidationError, match="wrong check digit") as refusal:
        cards.card_image(reference_a=cards.pin(number, 10))
    assert number not in str(refusal.value)


def test_no_counter_exceeds_its_limit() -> None:
    with pytest.raises(ValidationError, match="more tries left"):
        cards.pin("1234", 3, tries_left=4)


def test_neither_pins_nor_keys_are_in_the_repr() -> None:
    text = repr(cards.card_image())
    assert "PRIVATE KEY" not in text
    assert cards.SIGNATURE_PIN not in text


def test_a_broken_file_is_rejected_and_no_other_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text('{"format": "shikaku-card/2"}')
    with pytest.raises(ValueError, match="format"):
        load_image(path)


def test_saving_replaces_the_whole_file(tmp_path: Path) -> None:
    path = cards.card_file(tmp_path)
    changed: CardImage = load_image(path).with_tries_left("authentication", 0)
    save_image(changed, path)
    assert load_image(path) == changed
    assert [found.name for found in tmp_path.iterdir()] == ["card.json"]
