"""Errors of a card or its reader, and the meaning of a status word at each step."""

from __future__ import annotations

from enum import Enum, auto

from clinic_terminal.errors import TerminalError

MEANINGS: dict[int, str] = {
    0x6282: "end of file before the length asked for",
    0x6700: "wrong length",
    0x6881: "logical channel not supported",
    0x6882: "secure messaging not supported",
    0x6981: "wrong kind of file",
    0x6982: "PIN needed",
    0x6983: "PIN locked",
    0x6984: "PIN locked",
    0x6985: "condition not met, or input not fit to be signed",
    0x6986: "no current file",
    0x6987: "secure messaging data missing",
    0x6988: "secure messaging data wrong",
    0x69FC: "secure messaging failed",
    0x6A82: "application or file not found",
    0x6A83: "record not found",
    0x6A86: "wrong P1 P2",
    0x6A88: "reference not found",
    0x6B00: "offset beyond the end",
    0x6D00: "unknown instruction",
    0x6E00: "unknown class",
    0x6F00: "no precise diagnosis",
}
"""Status words of cards, for the engineer (ISO 7816-4, and observed on cards)."""

OK = 0x9000
END_OF_FILE = 0x6282
PIN_NEEDED = 0x6982
NO_DIAGNOSIS = 0x6F00
REFERENCE_NOT_FOUND = 0x6A88
"""At the visual check: the card has no authority of terminals, as one without a photo."""

_LOCKED = frozenset({0x6983, 0x6984})
_PIN_UNUSABLE = frozenset({0x6981, 0x6985, 0x6986, 0x6A82, 0x6A83, 0x6A88})


class Step(Enum):
    """The step of a session: a status word has another meaning at each step."""

    SELECT_APPLICATION = auto()
    READ = auto()
    PIN = auto()
    SIGN = auto()
    VISUAL_CHECK = auto()


class CardError(TerminalError):
    """An error of the card or its reader.

    `status_word` is that of the card's response, if there was one; `pcsc` the result code of a PC/SC call.
    """

    def __init__(
        self,
        code: str,
        *,
        status_word: int | None = None,
        tries_left: int | None = None,
        pcsc: int | None = None,
    ) -> None:
        details: dict[str, object] = {}
        if status_word is not None:
            details |= {"status_word": f"{status_word:04X}", "meaning": meaning(status_word)}
        if tries_left is not None:
            details["tries_left"] = tries_left
        if pcsc is not None:
            details["pcsc"] = f"{pcsc:08X}"
        super().__init__(code, **details)
        self.status_word = status_word
        self.tries_left = tries_left


def meaning(status_word: int) -> str:
    """The meaning of a status word, for the engineer."""
    tries_left = tries_left_of(status_word)
    if tries_left is not None:
        return f"wrong PIN or counter query, {tries_left} tries left"
    return MEANINGS.get(status_word, "unknown")


def tries_left_of(status_word: int) -> int | None:
    """The tries left in a status word: x for 63Cx, 0 for a locked PIN, None for others."""
    if status_word & 0xFFF0 == 0x63C0:
        return status_word & 0x000F
    return 0 if status_word in _LOCKED else None


def card_error(status_word: int, step: Step) -> CardError:
    """The error of a status word other than 9000 at `step`."""
    if step is Step.SELECT_APPLICATION:
        return CardError("card-not-my-number", status_word=status_word)
    if step is Step.VISUAL_CHECK:
        code = "visual-check-no-photo" if status_word == REFERENCE_NOT_FOUND else "visual-check-unsupported"
        return CardError(code, status_word=status_word)
    if step is Step.PIN:
        return _pin_error(status_word)
    return CardError("card-unexpected", status_word=status_word)


def _pin_error(status_word: int) -> CardError:
    tries_left = tries_left_of(status_word)
    if tries_left is not None:
        return CardError(
            "pin-wrong" if tries_left else "pin-locked", status_word=status_word, tries_left=tries_left
        )
    code = "pin-unset" if status_word in _PIN_UNUSABLE else "card-unexpected"
    return CardError(code, status_word=status_word)
