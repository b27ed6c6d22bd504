"""The keys of the desk, and which others a facility may choose: none that the browser, the system or an IME uses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from types import MappingProxyType

MAX_LENGTH = 300
"""Characters of the setting."""


class DeskAction(StrEnum):
    """What a key of the desk does."""

    NUMBER = "number"
    BATCH = "batch"
    HISTORY = "history"
    AGAIN = "again"
    OTHER_DAY = "other-day"
    VISUAL = "visual"
    PREVIOUS = "previous"
    NEXT = "next"


DEFAULT_KEYS: Mapping[DeskAction, str] = MappingProxyType(
    {
        DeskAction.NUMBER: "F2",
        DeskAction.BATCH: "Shift+F2",
        DeskAction.HISTORY: "F4",
        DeskAction.AGAIN: "F8",
        DeskAction.OTHER_DAY: "Shift+F8",
        DeskAction.VISUAL: "F9",
        DeskAction.PREVIOUS: "Alt+ArrowUp",
        DeskAction.NEXT: "Alt+ArrowDown",
    }
)

# Browsers use F1, F3, F5 to F7 and F10 to F12, with Shift and Ctrl too, and Ctrl+F4 closes a tab; Alt with a function key
# belongs to the system. An IME has F6 to F10 while a text is composed, when the desk ignores every key.
_FUNCTION_KEYS = [
    f"{modifier}{key}"
    for modifier, key in product(("", "Shift+", "Ctrl+", "Ctrl+Shift+"), ("F2", "F4", "F8", "F9"))
]
FREE_KEYS = frozenset(key for key in _FUNCTION_KEYS if not (key.endswith("F4") and "Ctrl" in key)) | {
    "Alt+ArrowUp",
    "Alt+ArrowDown",
    "Alt+PageUp",
    "Alt+PageDown",
}
"""The keys that may be chosen, as browsers name them, modifiers in this order."""


def read_keys(text: str) -> Mapping[DeskAction, str]:
    """The keys of a text such as `visual=Ctrl+F9, batch=Shift+F4`; what it does not name keeps its key. Raises ValueError."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"at most {MAX_LENGTH} characters")
    keys = dict(DEFAULT_KEYS)
    for part in filter(None, (part.strip() for part in text.split(","))):
        action, _, key = (piece.strip() for piece in part.partition("="))
        if action not in list(DeskAction):
            raise ValueError(f"the actions are {', '.join(DeskAction)}")
        if key not in FREE_KEYS:
            raise ValueError(f"the keys are {', '.join(sorted(FREE_KEYS))}")
        keys[DeskAction(action)] = key
    if len(set(keys.values())) < len(keys):
        raise ValueError("each action needs a key of its own")
    return MappingProxyType(keys)


def shown(key: str) -> str:
    """A key as the screens write it: Alt+↑."""
    return key.replace("ArrowUp", "↑").replace("ArrowDown", "↓")
