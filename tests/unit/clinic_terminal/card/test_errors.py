"""The error code of a status word at each step."""

import pytest

from clinic_terminal.card.errors import MEANINGS, CardError, Step, card_error, meaning, tries_left_of
from clinic_terminal.errors import CATALOGUE
from eligibility_api.contract.errors import ErrorKind


@pytest.mark.parametrize(
    ("status_word", "step", "code", "tries_left"),
    [
        (0x6A82, Step.SELECT_APPLICATION, "card-not-my-number", None),
        (0x6D00, Step.SELECT_APPLICATION, "card-not-my-number", None),
        (0x6F00, Step.SELECT_APPLICATION, "card-not-my-number", None),
        (0x6A82, Step.READ, "card-unexpected", None),
        (0x6B00, Step.READ, "card-unexpected", None),
        (0x63C2, Step.PIN, "pin-wrong", 2),
        (0x63C1, Step.PIN, "pin-wrong", 1),
        (0x63C0, Step.PIN, "pin-locked", 0),
        (0x6983, Step.PIN, "pin-locked", 0),
        (0x6984, Step.PIN, "pin-locked", 0),
        (0x6A82, Step.PIN, "pin-unset", None),
        (0x6A83, Step.PIN, "pin-unset", None),
        (0x6A88, Step.PIN, "pin-unset", None),
        (0x6981, Step.PIN, "pin-unset", None),
        (0x6985, Step.PIN, "pin-unset", None),
        (0x6986, Step.PIN, "pin-unset", None),
        (0x6300, Step.PIN, "card-unexpected", None),
        (0x6F00, Step.PIN, "card-unexpected", None),
        (0x6982, Step.SIGN, "card-unexpected", None),
        (0x6985, Step.SIGN, "card-unexpected", None),
        (0x6D00, Step.VISUAL_CHECK, "visual-check-unsupported", None),
        (0x6982, Step.VISUAL_CHECK, "visual-check-unsupported", None),
        (0x6700, Step.VISUAL_CHECK, "visual-check-unsupported", None),
        (0x6A88, Step.VISUAL_CHECK, "visual-check-no-photo", None),
    ],
)
def test_a_status_word_has_an_error_code_at_each_step(
    status_word: int, step: Step, code: str, tries_left: int | None
) -> None:
    error = card_error(status_word, step)
    assert (error.code, error.tries_left, error.status_word) == (code, tries_left, status_word)
    assert error.entry.kind is ErrorKind.CARD
    assert error.details["status_word"] == f"{status_word:04X}"


@pytest.mark.parametrize("status_word", [*MEANINGS, 0x63C2])
def test_every_known_status_word_has_a_meaning(status_word: int) -> None:
    assert meaning(status_word) != "unknown"


def test_an_unknown_status_word_is_unknown() -> None:
    assert meaning(0x1234) == "unknown"


@pytest.mark.parametrize(
    ("status_word", "tries_left"),
    [(0x63C3, 3), (0x63CA, 10), (0x63C0, 0), (0x6983, 0), (0x6984, 0), (0x9000, None), (0x6300, None)],
)
def test_the_tries_left_are_read_from_a_status_word(status_word: int, tries_left: int | None) -> None:
    assert tries_left_of(status_word) == tries_left


def test_a_pcsc_result_is_eight_hexadecimal_digits() -> None:
    assert CardError("reader-missing", pcsc=0x80100017).details == {"pcsc": "80100017"}
    assert CardError("card-removed", pcsc=0).details == {"pcsc": "00000000"}


def test_a_card_error_without_a_status_word_has_no_details() -> None:
    error = CardError("card-removed")
    assert error.details == {}
    assert error.entry is CATALOGUE["card-removed"]
