"""The colours of the design: every text and every shape has the contrast that WCAG 2.2 AA asks for, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[3] / "screens" / "assets" / "tokens.css").read_text(encoding="utf-8")
_COLOUR = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{6});")


def theme(name: str) -> dict[str, str]:
    """The colours of a theme; high contrast replaces those of the light one."""
    light = dict(_COLOUR.findall(CSS.split('html[data-contrast="high"]', 1)[0]))
    if name == "light":
        return light
    return light | dict(_COLOUR.findall(CSS.split('html[data-contrast="high"]', 1)[1].split("}", 1)[0]))


def contrast(one: str, other: str) -> float:
    """The ratio of two colours (WCAG 2.x, 1.4.3)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


TEXTS = [
    ("ink", "paper"), ("ink", "surface"), ("ink", "sunk"), ("ink-2", "paper"), ("ink-2", "surface"), ("ai", "paper"),
    ("ai", "surface"), ("ai-text", "ai"), ("ink", "ai-tint"), ("ai", "ai-tint"), ("ink", "caution-tint"),
    ("on-state", "valid"), ("on-state", "invalid"), ("on-none", "none"), ("on-state", "several"),
    ("unknown", "surface"), ("invalid", "surface"), ("invalid", "invalid-tint"), ("valid", "valid-tint"),
    ("several", "several-tint"), ("unknown", "unknown-tint"),
]  # fmt: skip
SHAPES = [
    ("edge", "paper"), ("edge", "surface"), ("none-edge", "surface"), ("unknown", "paper"), ("ai", "sunk"), ("ink", "ring"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["light", "high"])
@pytest.mark.parametrize(
    ("one", "other", "minimum"), [*((*pair, 4.5) for pair in TEXTS), *((*pair, 3.0) for pair in SHAPES)]
)
def test_contrast(name: str, one: str, other: str, minimum: float) -> None:
    colours = theme(name)
    if (name, one, other) == ("high", "ink", "ring"):
        one = "paper"  # on black, the ring itself is what is visible
    assert contrast(colours[one], colours[other]) >= minimum


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#ffffff", "#000000", 21.0), ("#1a1d23", "#f7f6f2", 15.6), ("#ffffff", "#08784a", 5.5)],
)
def test_the_ratio_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.05)


def test_high_contrast_replaces_every_colour_of_meaning() -> None:
    light, high = theme("light"), theme("high")
    assert len(light) > 25
    same = {name for name in light if light[name] == high[name]}
    assert same == {"ring"}


@pytest.mark.parametrize("name", ["tokens.css", "base.css", "components.css"])
def test_style_sheets_refer_to_tokens_only(name: str) -> None:
    css = (Path(__file__).parents[3] / "screens" / "assets" / name).read_text(encoding="utf-8")
    colours = re.findall(r"#[0-9a-fA-F]{3,8}\b", css if name != "tokens.css" else "")
    # Shadows, and the paper of a print.
    assert set(colours) <= {"#1a1d2314", "#1a1d231f", "#ffffff", "#000000"}
    assert not re.search(r"url\((?!#)|@import|https?:", css)
