"""A card that is a file, emulated in this process by an installed emulator package.

The emulator is found by its entry point, so that the terminal imports none and runs without one.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.errors import CardError

ENTRY_POINT_GROUP = "clinic_terminal.cards"
ENTRY_POINT_NAME = "emulator"


def open_card_file(path: Path) -> CardConnection:
    """Power the card image at `path`.

    Raises CardError: `card-in-use` where it is open elsewhere, `card-file` where it, or an emulator, is
    missing.
    """
    offers = entry_points(group=ENTRY_POINT_GROUP, name=ENTRY_POINT_NAME)
    if not offers:
        raise CardError("card-file")
    try:
        connection: CardConnection = next(iter(offers)).load()(path)
    except BlockingIOError as error:
        raise CardError("card-in-use") from error
    except (ImportError, OSError, ValueError) as error:
        raise CardError("card-file") from error
    return connection
