"""Icons, drawn for this project on a grid of 24 units with strokes of 2 units in the colour of the text.

An icon stands beside its word and is hidden from screen readers.
"""

from __future__ import annotations

from markupsafe import Markup

_PATHS = {
    "valid": '<circle cx="12" cy="12" r="8"/>',
    "invalid": '<rect x="3" y="3" width="18" height="18" rx="2"/><path d="M8 8l8 8M16 8l-8 8"/>',
    "none": '<path d="M4 12h16" stroke-width="4"/>',
    "several": '<circle cx="9" cy="12" r="6"/><circle cx="15" cy="12" r="6"/>',
    "unknown": '<circle cx="12" cy="12" r="9" stroke-dasharray="5 4"/><path d="M8 12h.01M12 12h.01M16 12h.01"/>',
    "question": '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7M12 17h.01"/>',
    "held": '<circle cx="12" cy="12" r="9"/><path d="M9.5 8v8M14.5 8v8"/>',
    "caution": '<path d="M12 3L2 21h20z"/><path d="M12 10v5M12 18h.01"/>',
    "changed": '<path d="M12 4L3 20h18z"/>',
    "check": '<path d="M4 13l5 5L20 6"/>',
    "card": '<rect x="2" y="5" width="20" height="14" rx="2"/><rect x="5" y="9" width="5" height="5"/><path d="M14 15h5"/>',
    "card-take": '<path d="M3 17v4h18v-4M6 14V6h12v8M12 13V2M9 5l3-3 3 3"/>',
    "pin": '<path d="M4 12h.01M9.3 12h.01M14.6 12h.01M20 12h.01" stroke-width="4"/>',
    "staff": '<circle cx="12" cy="8" r="4"/><path d="M4 21c0-4 3-7 8-7s8 3 8 7M15 18h3"/>',
    "persons": '<circle cx="9" cy="8" r="4"/><circle cx="16" cy="9" r="3"/><path d="M2 20c0-4 3-6 7-6s7 2 7 6M17 14c3 0 5 2 5 5"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 3"/>',
    "search": '<circle cx="10" cy="10" r="6"/><path d="M15 15l6 6"/>',
    "again": '<path d="M20 12a8 8 0 1 1-3-6.2M20 3v5h-5"/>',
    "eye": '<path d="M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7z"/><circle cx="12" cy="12" r="3"/>',
    "lock": '<rect x="4" y="11" width="16" height="10" rx="2"/><path d="M8 11V7a4 4 0 0 1 8 0v4"/>',
    "medicine": '<path d="M10 20a5 5 0 0 1-7-7l7-7a5 5 0 0 1 7 7zM7 9l7 7"/>',
    "file": '<path d="M6 2h8l5 5v15H6zM14 2v5h5"/>',
    "upload": '<path d="M4 16v4h16v-4M12 16V4M7 9l5-5 5 5"/>',
    "undo": '<path d="M4 9h10a6 6 0 0 1 0 12h-3M4 9l5-5M4 9l5 5"/>',
    "broken": '<path d="M9 15l-2 2a3.5 3.5 0 0 1-5-5l2-2M15 9l2-2a3.5 3.5 0 0 1 5 5l-2 2M8 4l1 3M4 8l3 1M16 20l-1-3M20 16l-3-1"/>',
    "print": '<path d="M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z"/>',
    "chart": '<path d="M5 20v-6M12 20V5M19 20v-9"/>',
    "bell": '<path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 22h4"/>',
    "speaker": '<path d="M4 9h4l5-4v14l-5-4H4zM17 9a4 4 0 0 1 0 6M19.5 6a8 8 0 0 1 0 12"/>',
    "download": '<path d="M4 16v4h16v-4M12 4v12M7 11l5 5 5-5"/>',
    "pencil": '<path d="M4 20l1-5L16 4l4 4L9 19z"/>',
}

NAMES = frozenset(_PATHS)
"""The names of all icons."""


def icon(name: str) -> Markup:
    """The picture of an icon as inline SVG. Raises KeyError for a name that none has."""
    return Markup(  # noqa: S704 - our own constants
        '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2"'
        f' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{_PATHS[name]}</svg>'
    )
