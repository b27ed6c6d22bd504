"""Normalises a typed PIN for the card. A malformed PIN would cost a try, so it is never sent."""

import re
import unicodedata

from clinic_terminal.card.errors import CardError

_FOUR_DIGITS = re.compile(r"[0-9]{4}")


def normalised_pin(text: str) -> bytes:
    """Four ASCII digits, full width folded (NFKC). Raises CardError `pin-malformed`."""
    digits = unicodedata.normalize("NFKC", text)
    if not _FOUR_DIGITS.fullmatch(digits):
        raise CardError("pin-malformed")
    return digits.encode("ascii")
