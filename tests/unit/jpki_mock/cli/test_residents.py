"""`jpki-mock import-residents`: given residents with their cards."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jpki_mock.card.image import load_image
from jpki_mock.cli import app

Run = Callable[[list[Any]], Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on a file of these lines, in a temporary folder."""
    monkeypatch.setenv("JPKI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("cards").mkdir()

    def invoke(people: list[Any]) -> Result:
        Path("people.jsonl").write_text("".join(f"{json.dumps(person)}\n" for person in people))
        return CliRunner().invoke(app, ["import-residents", "people.jsonl", "--cards", "cards"])

    return invoke


def person(**more: Any) -> dict[str, Any]:
    usual = {
        "resident_id": "P01",
        "name": "試験　見本",
        "name_kana": "シケン ミホン",
        "birth_date": "1985-06-15",
        "sex": "2",
        "postal_code": "000-0000",
        "address": "架空県見本市１番地",
    }
    return usual | more


def test_residents_are_registered_and_those_with_a_card_spec_get_a_card(run: Run) -> None:
    done = run([person(card={"key": "p384", "pin": "4321"}), person(resident_id="P02")])

    assert (done.exit_code, done.stdout) == (0, "2 residents, 1 cards\n")
    assert load_image(Path("cards/P01.json")).pins.authentication.value == "4321"
    assert not Path("cards/P02.json").exists()


def test_a_card_can_be_without_pin_locked_or_expired(run: Run) -> None:
    cards: list[dict[str, Any]] = [{"pin": None}, {"locked": True}, {"issued_on": "2010-04-01"}]
    given = [person(resident_id=f"P{n}", card=card | {"key": "p384"}) for n, card in enumerate(cards)]

    assert run(given).exit_code == 0

    images = [load_image(Path(f"cards/P{n}.json")) for n in range(3)]
    assert images[0].pins.authentication.value is None
    assert images[1].pins.authentication.tries_left == 0
    assert images[2].expires_on.year == 2019


@pytest.mark.parametrize(
    "bad",
    [{}, {"resident_id": "../P02"}, {"card": {"colour": "red"}}, {"card": {"pin": "12"}}, "no resident"],
    ids=["empty", "a path", "unknown order", "no PIN", "no object"],
)
def test_nobody_is_added_if_a_line_is_wrong(run: Run, tmp_path: Path, bad: Any) -> None:
    line = person(resident_id="P02") | bad if isinstance(bad, dict) and bad else bad
    done = run([person(card={"key": "p384"}), line])

    assert (done.exit_code, done.stderr) == (2, "Line 2 is not a valid resident.\n")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\n", b"[" * 100_000])
def test_a_file_that_is_not_json_lines_is_rejected(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "people.jsonl").write_bytes(content)
    result = CliRunner().invoke(
        app, ["import-residents", str(tmp_path / "people.jsonl"), "--cards", str(tmp_path)]
    )
    assert (result.exit_code, result.stderr) == (2, "Line 1 is not a valid resident.\n")


def test_kept_keys_are_those_of_the_next_register_s_cards(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPKI_CARD_KEYS", str(tmp_path / "keys.json"))
    given = [
        person(card={"key": "p384"}),
        person(resident_id="P02", card={"key": "p384", "carrier": "android"}),
    ]
    names = ("P01", "P02", "P02-card")
    keys = []
    for register in ("first", "second"):
        monkeypatch.setenv("JPKI_HOME", str(tmp_path / register))
        assert run(given).exit_code == 0
        images = [load_image(Path(f"cards/{name}.json")) for name in names]
        keys.append(
            [
                [slot.private_key for slot in (image.authentication, image.signature) if slot]
                for image in images
            ]
        )
    assert keys[0] == keys[1]
    assert len({key for card in keys[0] for key in card}) == sum(map(len, keys[0])) > len(names)


def test_a_file_of_kept_keys_that_others_may_read_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys.json"
    file.write_text("{}")
    file.chmod(0o644)
    monkeypatch.setenv("JPKI_CARD_KEYS", str(file))
    done = run([person(card={"key": "p384"})])
    assert done.exit_code == 2
    assert "not private" in done.output
