"""Renders pages: Jinja2 with escaping, in which an unknown name is an error, and the texts of one language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from screens.icons import icon
from screens.texts import LANGUAGES, Texts
from screens.whole_days import with_whole_days

TEMPLATES = Path(__file__).parent / "templates"
"""The folder of the shared templates; theirs begin with `screens/`."""

CONTRASTS = ("normal", "high")
SIZES = ("16", "18", "20")


@dataclass(frozen=True, slots=True)
class Display:
    """How a person chose to see the screens: language, contrast, and size of the text in pixels."""

    language: str = LANGUAGES[0]
    contrast: str = CONTRASTS[0]
    size: str = SIZES[0]

    @classmethod
    def of(cls, chosen: Mapping[str, str]) -> Display:
        """The display of these choices; one that does not exist is the default."""
        return cls(
            language=_one_of(LANGUAGES, chosen.get("language")),
            contrast=_one_of(CONTRASTS, chosen.get("contrast")),
            size=_one_of(SIZES, chosen.get("size")),
        )


def _one_of(values: tuple[str, ...], chosen: str | None) -> str:
    return chosen if chosen in values else values[0]


class Renderer:
    """Renders the templates of one program."""

    def __init__(
        self,
        texts: Texts,
        templates: Path,
        *,
        asset_url: Callable[[str], str],
        scale: Literal["desk", "phone", "reader"] = "desk",
        filters: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        """`templates`: the program's folder. `asset_url`: the address of a static file. `scale`: of its type."""
        self.texts = texts
        self._environment = Environment(
            loader=FileSystemLoader([templates, TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(filters or {})
        self._environment.globals.update(icon=icon, asset=asset_url, scale=scale)

    def render(self, template: str, display: Display, **values: Any) -> str:
        """A page. `t` is a text of the display's language, and `pick` one of a pair (Japanese, English)."""
        language = display.language
        page = self._environment.get_template(template).render(
            display=display,
            t=partial(self.texts.get, language),
            pick=lambda pair: pair[LANGUAGES.index(language)],
            **values,
        )
        return with_whole_days(page)
